import type { Bus } from "@finality/bus";
import type { Database } from "@finality/database";
import { EventLogError, type LogReader } from "@finality/event-log";
import { compareReadModels } from "@finality/projector";
import { versionsOf } from "@finality/read-models";
import { storedRecords, verifyLog } from "../replay/verify-log.ts";
import { checkCommands, checkHalts, checkVenue, type AcknowledgedHalt } from "./check-orders.ts";
import { checkSources, type SourceCount } from "./check-sources.ts";
import { findingsOf, type Finding } from "./finding.ts";
import { readFacts } from "./log-facts.ts";

export type CheckDeps = { readonly database: Database; readonly reader: LogReader; readonly bus: Bus };

export type LogCheck = SourceCount & {
  readonly log: string;
  readonly records: number;
  readonly hedges: number;
  readonly fills: number;
  readonly findings: readonly Finding[];
};

export type CheckOptions = {
  /** Default: every log. */
  readonly logs?: readonly string[];
  readonly halts?: readonly AcknowledgedHalt[];
};

/** What must hold of logs that nobody writes to any more, whatever happened before, seen from outside: PostgreSQL and the bus. */
export const checkLogs = async (deps: CheckDeps, { logs, halts = [] }: CheckOptions = {}): Promise<readonly LogCheck[]> => {
  const all = logs ?? (await deps.reader.heads()).map(({ log }) => log);
  const checks: LogCheck[] = [];
  for (const log of all) checks.push(await checkLog(deps, log, halts));
  return checks;
};

const nothing = { records: 0, hedges: 0, fills: 0, messages: 0, deadLetters: 0, duplicates: 0 };

const checkLog = async (deps: CheckDeps, log: string, halts: readonly AcknowledgedHalt[]): Promise<LogCheck> => {
  try {
    return await checkReadable(deps, log, halts);
  } catch (error) {
    // A log with a hole cannot be read: that is a finding, and the other logs are looked at all the same.
    if (!(error instanceof EventLogError) || error.code !== "hole") throw error;
    return { log, ...nothing, findings: findingsOf(log, "positions", [error.message]) };
  }
};

const checkReadable = async ({ database, reader, bus }: CheckDeps, log: string, halts: readonly AcknowledgedHalt[]): Promise<LogCheck> => {
  const head = (await reader.head(log))?.position ?? 0;
  const { firstDifference } = await verifyLog(reader, log, () => undefined);
  const facts = await readFacts(log, storedRecords(reader, log, head));
  const sources = await checkSources({ database, bus }, facts);
  const contiguous = facts.records === head ? [] : [`the head is at ${String(head)}, but there are ${String(facts.records)} records`];
  const findings = [
    ...findingsOf(log, "positions", [...contiguous, ...(firstDifference === undefined ? [] : [JSON.stringify(firstDifference)])]),
    ...findingsOf(log, "sources", sources.broken),
    ...findingsOf(log, "commands", await checkCommands(database, facts)),
    ...findingsOf(log, "positions_at_venue", await checkVenue(database, facts)),
    ...findingsOf(log, "halts", await checkHalts(database, log, halts)),
    ...findingsOf(log, "read_models", await readModelDifferences({ database, reader }, log, head)),
  ];
  return { log, records: facts.records, hedges: facts.commands.size, fills: facts.fills.length, ...sources.count, findings };
};

const readModelDifferences = async (deps: Pick<CheckDeps, "database" | "reader">, log: string, head: number): Promise<readonly string[]> => {
  const serving = (await versionsOf(deps.database, log)).find(({ isServing }) => isServing);
  const position = serving?.checkpoint?.position ?? 0;
  const behind = position === head ? [] : [`they stand at ${String(position)} of ${String(head)} records${serving?.failure === undefined ? "" : `: ${serving.failure.reason}`}`];
  const skipped = (serving?.skipped ?? []).map((each) => `they are without record ${String(each)}, which an operator skipped`);
  return [...behind, ...skipped, ...(await compareReadModels(deps, log)).map((difference) => JSON.stringify(difference))];
};
