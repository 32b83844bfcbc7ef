import type { Database } from "@finality/database";
import { EventLogError, type LogReader } from "@finality/event-log";
import { checkpointOf, createSnapshotStore, factsAsOf, formatInstant, HistoryError, recordAsOf, rowsAsOf, type AsOfDeps, type AsOfPoint, type FactsRows, type LogSource, type StateRows } from "@finality/history";
import type { Checkpoint } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { logWithArchive } from "../house/log-with-archive.ts";
import type { OpenData } from "../house/open-data.ts";
import { say } from "../output.ts";
import { logsOf, onlyLog, withData, type DataOptions } from "./with-data.ts";

export type AsOfOptions = DataOptions & {
  readonly asOf?: AsOfPoint;
  /** Microseconds since 1970. */
  readonly asOfVenueTime?: number;
  readonly log?: string;
  readonly archive?: string;
  readonly json?: true;
};

/** What an answer about the past is true at. */
type AsOf = { readonly log: string; readonly generation: number; readonly position: number; readonly recordedAt: string; readonly eventTime: string; readonly venueTime?: string };

export type Past<Rows> = { readonly asOf: AsOf; readonly rows: Rows };

const asOfIn = ({ log, generation, position, recordedTimeUs, venueTimeUs }: Checkpoint, factsUs?: number): AsOf => ({
  log,
  generation,
  position,
  recordedAt: formatInstant(recordedTimeUs),
  eventTime: formatInstant(venueTimeUs),
  ...(factsUs === undefined ? {} : { venueTime: formatInstant(factsUs) }),
});

/** What has left the database is read elsewhere. */
const asCliError = (error: unknown): unknown => {
  if (error instanceof EventLogError && error.code === "archived") return new CliError("not_found", `${error.message} Name the archive's folder with --archive.`, { cause: error });
  return error;
};

const withSource = async <T>(database: Database, reader: LogReader, folder: string | undefined, work: (source: LogSource) => Promise<T>): Promise<T> => {
  if (folder === undefined) return work(reader);
  const { listArchive, openArchive } = await import("@finality/archive");
  if ((await listArchive(folder)).length === 0) throw new CliError("not_found", `${folder} holds no archived range.`);
  const archive = await openArchive(folder);
  try {
    return await work(logWithArchive(database, reader, archive));
  } finally {
    archive.close();
  }
};

const isBefore = (error: unknown): boolean => error instanceof HistoryError && error.code === "not_in_log";

/** Of several logs those that were open by then, unless none was. */
const eachLog = async <T>(logs: readonly string[], read: (log: string) => Promise<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  let before: unknown;
  for (const log of logs) {
    try {
      found.push(await read(log));
    } catch (error) {
      if (!isBefore(error)) throw error;
      before = error;
    }
  }
  if (found.length === 0) throw before;
  return found;
};

const read = async <Rows>({ database }: OpenData, reader: LogReader, { asOf, log, archive }: AsOfOptions, rowsAt: (deps: AsOfDeps, checkpoint: Checkpoint) => Promise<Past<Rows>>): Promise<readonly Past<Rows>[]> => {
  const logs = asOf?.kind === "position" ? [await onlyLog(reader, log)] : await logsOf(reader, log);
  return withSource(database, reader, archive, (source) => {
    const deps: AsOfDeps = { source, snapshots: createSnapshotStore(database), onRejected: (snapshot, reason) => { say(`The snapshot of ${snapshot.log} at ${String(snapshot.position)} is not used: ${reason}.`); } };
    return eachLog(logs, async (each) => {
      const point = asOf ?? { kind: "position", position: (await source.head(each))?.position ?? 0 };
      return rowsAt(deps, checkpointOf(await recordAsOf(source, each, point)));
    });
  }).catch((error: unknown) => {
    throw asCliError(error);
  });
};

/** Several logs are told one by one. */
const tell = (past: readonly Past<unknown>[], { json }: AsOfOptions): void => {
  if (json === true) return;
  for (const { asOf } of past) {
    const place = `${asOf.log} position ${String(asOf.position)}, recorded ${asOf.recordedAt}`;
    say(asOf.venueTime === undefined ? `As of ${place}: what was known then.` : `Facts as of ${asOf.venueTime} by the venues' time: what had happened by then, as it is known at ${place}.`);
  }
};

/** What is shown of the past, made of the state's rows and of the source that these were folded from: one answer a log. Throws CliError, and what the source throws. */
export const withPastOf = <Rows>(config: Config, options: AsOfOptions, rowsOf: (source: LogSource, rows: StateRows) => Promise<Rows>, work: (past: readonly Past<Rows>[]) => void): Promise<void> =>
  withData(config, options, async (opened, reader) => {
    const past = await read(opened, reader, options, async (deps, checkpoint) => ({ asOf: asOfIn(checkpoint), rows: await rowsOf(deps.source, await rowsAsOf(deps, checkpoint.log, checkpoint.position)) }));
    work(past);
    tell(past, options);
  });

/** What the desk showed behind a position or at a recorded time: one answer a log. Throws CliError, and what the source throws. */
export const withPast = (config: Config, options: AsOfOptions, work: (past: readonly Past<StateRows>[]) => void): Promise<void> =>
  withPastOf(config, options, (_source, rows) => Promise.resolve(rows), work);

/** Facts at a venue time, by what the logs know at their heads or knew at `--as-of`. Throws CliError, and what the source throws. */
export const withFacts = (config: Config, options: AsOfOptions, venueTimeUs: number, work: (past: readonly Past<FactsRows>[]) => void): Promise<void> =>
  withData(config, options, async (opened, reader) => {
    const past = await read(opened, reader, options, async (deps, checkpoint) => ({ asOf: asOfIn(checkpoint, venueTimeUs), rows: await factsAsOf(deps, checkpoint, venueTimeUs) }));
    work(past);
    tell(past, options);
  });

/** `asOf` of a JSON answer: one object, and a list where several logs are answered at once. */
export const asOfField = (past: readonly Past<unknown>[]): AsOf | readonly AsOf[] | undefined => (past.length === 1 ? past[0]?.asOf : past.map(({ asOf }) => asOf));

/** Throws CliError for options that only mean something beside `--as-of`. */
export const requireAsOf = ({ asOf, asOfVenueTime, archive }: AsOfOptions): void => {
  if (archive !== undefined && asOf === undefined && asOfVenueTime === undefined) throw new CliError("usage", "--archive is read where the past is asked for: add --as-of, or leave it out.");
};

const solved = "were solved from the quotes that were known at each record, in the order in which they came";

/** Greeks, vols and decisions are what was known, not what was true: they have no venue time. */
export const refuseVenueTime = ({ asOfVenueTime }: AsOfOptions, what: string, they = solved): void => {
  if (asOfVenueTime === undefined) return;
  throw new CliError("usage", `${what} as of a venue time do not exist: they ${they}. Use --as-of with a position or recorded time; \`finality positions --as-of-venue-time\` has the facts.`);
};

/** The books of all answers, by name, then log, as without `--as-of`. Throws CliError where there is none. */
export const byBook = <Row extends { readonly log: string; readonly book: string }>(rows: readonly Row[], named: string | undefined, past: readonly Past<unknown>[]): readonly Row[] => {
  const found = rows.filter(({ book }) => named === undefined || book === named);
  const places = past.map(({ asOf }) => `${asOf.log} at position ${String(asOf.position)}${asOf.venueTime === undefined ? "" : ` for ${asOf.venueTime}`}`).join(", ");
  if (found.length === 0) throw new CliError("not_found", `There was no book${named === undefined ? "" : ` "${named}"`} in ${places}.`);
  return [...found].sort((a, b) => (a.book === b.book ? (a.log < b.log ? -1 : 1) : a.book < b.book ? -1 : 1));
};
