import type { ApiErrorCode } from "@finality/api";
import type { ArchiveErrorCode } from "@finality/archive";
import type { BusErrorCode } from "@finality/bus";
import type { CalendarErrorCode } from "@finality/calendars";
import type { ConductorErrorCode } from "@finality/conductor";
import type { ContractsErrorCode } from "@finality/contracts";
import type { DatabaseErrorCode } from "@finality/database";
import type { DatasetErrorCode } from "@finality/datasets";
import type { EventLogErrorCode } from "@finality/event-log";
import type { HistoryErrorCode } from "@finality/history";
import type { PricingErrorCode } from "@finality/pricing";
import type { ReadModelErrorCode } from "@finality/read-models";
import type { RuntimeErrorCode } from "@finality/runtime";
import type { ServiceKitErrorCode } from "@finality/service-kit";
import type { TransparencyErrorCode } from "@finality/transparency";
import type { VenueErrorCode } from "@finality/venues";
import type { WorkQueueErrorCode } from "@finality/work-queue";

/** The process's exit codes, as documented in the README. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  validation: 5,
  findings: 6,
  unavailable: 69,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command ended with, when that is not an error: findings, an interruption. */
export type Outcome = { code: number };

export type CliErrorCode = "usage" | "not_found" | "conflict" | "validation" | "unavailable";

/** Something the user can put right; the message is one clear sentence with what to do. */
export class CliError extends Error {
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "CliError";
    this.code = code;
  }
}

const { error: failed, usage, notFound, conflict, validation, findings, unavailable } = exitCodes;

/** What an error's code ends with; a code that is not named ends with `otherwise`. */
type Ends<Code extends string> = { readonly otherwise: ExitCode } & { readonly [Each in Code]?: ExitCode };

/** A log's past says something other than it must: `findings`, also a proof that was changed until it is none. What cannot be read at all: `validation`. */
const history: Ends<HistoryErrorCode> = { otherwise: validation, state_hash_mismatch: findings, bad_proof: findings, unknown_log: notFound, not_in_log: notFound, too_far: unavailable, busy: unavailable, not_attested: notFound };
const archive: Ends<ArchiveErrorCode> = { otherwise: validation, conflict, gap: conflict, diverged: conflict };
const eventLog: Ends<EventLogErrorCode> = { otherwise: validation, fenced: conflict, conflict, commit_unknown: unavailable, archived: notFound, unknown_log: notFound, unknown_dead_letter: notFound };
const contracts: Ends<ContractsErrorCode> = { otherwise: validation };
const transparency: Ends<TransparencyErrorCode> = { otherwise: validation, bad_tile: findings, bad_signature: findings };
const dataset: Ends<DatasetErrorCode> = { otherwise: validation, not_found: notFound };
const pricing: Ends<PricingErrorCode> = { otherwise: validation };
const calendar: Ends<CalendarErrorCode> = { otherwise: validation };
const venue: Ends<VenueErrorCode> = { otherwise: failed, bad_terms: validation };
const serviceKit: Ends<ServiceKitErrorCode> = { otherwise: failed, bad_fault: usage };
const conductor: Ends<ConductorErrorCode> = { otherwise: conflict, bus_away: unavailable, not_taken_in: unavailable };
const api: Ends<ApiErrorCode> = { otherwise: conflict };
const readModel: Ends<ReadModelErrorCode> = { otherwise: conflict, unreadable_row: failed, no_version: notFound };
const runtime: Ends<RuntimeErrorCode> = { otherwise: unavailable, bad_settings: usage };
const bus: Ends<BusErrorCode> = { otherwise: failed, unavailable };
const workQueue: Ends<WorkQueueErrorCode> = { otherwise: failed, unavailable };
const database: Ends<DatabaseErrorCode> = { otherwise: failed, connection: unavailable, folder_in_use: conflict, port_in_use: conflict };
const cli: Ends<CliErrorCode> = { otherwise: failed, usage, not_found: notFound, conflict, validation, unavailable };

/** By the errors' own names, so that no package is loaded for it: a command begins with what it needs. */
const endsByName: ReadonlyMap<string, ReadonlyMap<string, ExitCode>> = new Map(
  Object.entries({
    HistoryError: history, ArchiveError: archive, EventLogError: eventLog, ContractsError: contracts, TransparencyError: transparency, DatasetError: dataset, PricingError: pricing,
    CalendarError: calendar, VenueError: venue, ServiceKitError: serviceKit, ConductorError: conductor, ApiError: api, ReadModelError: readModel, RuntimeError: runtime, BusError: bus,
    WorkQueueError: workQueue, DatabaseError: database, CliError: cli,
  }).map(([name, ends]) => [name, new Map(Object.entries(ends))]),
);

/** What went wrong as the number that scripts look at. */
export const exitCodeOf = (error: unknown): ExitCode => {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return failed;
  const ends = endsByName.get(error.name);
  return ends?.get(error.code) ?? ends?.get("otherwise") ?? failed;
};
