import { ApiError } from "@finality/api";
import type { ArchiveErrorCode } from "@finality/archive";
import { BusError } from "@finality/bus";
import { CalendarError } from "@finality/calendars";
import { ConductorError } from "@finality/conductor";
import type { ContractsErrorCode } from "@finality/contracts";
import { DatabaseError } from "@finality/database";
import { DatasetError } from "@finality/datasets";
import type { EventLogErrorCode } from "@finality/event-log";
import type { HistoryErrorCode } from "@finality/history";
import { PricingError } from "@finality/pricing";
import { ReadModelError } from "@finality/read-models";
import { RuntimeError } from "@finality/runtime";
import { ServiceKitError } from "@finality/service-kit";
import type { TransparencyErrorCode } from "@finality/transparency";
import { VenueError } from "@finality/venues";
import { WorkQueueError } from "@finality/work-queue";

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

export type CliErrorCode = "usage" | "not_found" | "conflict" | "validation";

/** Something the user can put right; the message is one clear sentence with what to do. */
export class CliError extends Error {
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "CliError";
    this.code = code;
  }
}

const { notFound, conflict, validation, findings, unavailable } = exitCodes;

/** A log's past says something other than it must: `findings`. What cannot be read at all: `validation`. */
const historyCodes: Readonly<Record<HistoryErrorCode, ExitCode>> = { state_hash_mismatch: findings, record_unfoldable: validation, unknown_log: notFound, not_in_log: notFound, too_far: unavailable, busy: unavailable, not_attested: notFound, bad_proof: validation };
const archiveCodes: Readonly<Record<ArchiveErrorCode, ExitCode>> = { conflict, gap: conflict, diverged: conflict, hole: validation, corrupt: validation, bad_manifest: validation, bad_request: validation };
const eventLogCodes: Readonly<Record<EventLogErrorCode, ExitCode>> = { fenced: conflict, conflict, commit_unknown: unavailable, hole: validation, archived: notFound, corrupt: validation, unknown_log: notFound, unknown_dead_letter: notFound, bad_export: validation };
const contractsCodes: Readonly<Record<ContractsErrorCode, ExitCode>> = { not_json_value: validation, not_json: validation, unknown_type: validation, unknown_version: validation, bad_record: validation, bad_ticks: validation };
const transparencyCodes: Readonly<Record<TransparencyErrorCode, ExitCode>> = { bad_tile: findings, bad_note: validation, bad_signature: findings, bad_key: validation };

/** By the errors' own names: their packages, DuckDB among them, are not loaded for it. */
const codesByName = new Map(
  Object.entries({ HistoryError: historyCodes, ArchiveError: archiveCodes, EventLogError: eventLogCodes, ContractsError: contractsCodes, TransparencyError: transparencyCodes }).map(
    ([name, codes]): readonly [string, ReadonlyMap<string, ExitCode>] => [name, new Map(Object.entries(codes))],
  ),
);

const codeByName = (error: unknown): ExitCode | undefined => {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return codesByName.get(error.name)?.get(error.code);
};

/** What went wrong as the number that scripts look at. */
export const exitCodeOf = (error: unknown): ExitCode => {
  const named = codeByName(error);
  if (named !== undefined) return named;
  if (error instanceof CliError) return { usage: exitCodes.usage, not_found: exitCodes.notFound, conflict: exitCodes.conflict, validation: exitCodes.validation }[error.code];
  if (error instanceof DatasetError) return error.code === "not_found" ? exitCodes.notFound : exitCodes.validation;
  if (error instanceof PricingError || error instanceof CalendarError) return exitCodes.validation;
  if (error instanceof VenueError) return error.code === "bad_terms" ? exitCodes.validation : exitCodes.error;
  if (error instanceof ServiceKitError) return error.code === "bad_fault" ? exitCodes.usage : exitCodes.error;
  if (error instanceof ConductorError) return error.code === "bus_away" || error.code === "not_taken_in" ? exitCodes.unavailable : exitCodes.conflict;
  if (error instanceof ApiError) return exitCodes.conflict;
  if (error instanceof ReadModelError) return error.code === "unreadable_row" ? exitCodes.error : error.code === "no_version" ? exitCodes.notFound : exitCodes.conflict;
  if (error instanceof RuntimeError) return error.code === "bad_settings" ? exitCodes.usage : exitCodes.unavailable;
  if (error instanceof BusError || error instanceof WorkQueueError) return error.code === "unavailable" ? exitCodes.unavailable : exitCodes.error;
  if (error instanceof DatabaseError) {
    if (error.code === "folder_in_use" || error.code === "port_in_use") return exitCodes.conflict;
    return error.code === "connection" ? exitCodes.unavailable : exitCodes.error;
  }
  return exitCodes.error;
};
