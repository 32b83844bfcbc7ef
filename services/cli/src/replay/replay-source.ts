import type { Archive } from "@finality/archive";
import { ContractsError } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import type { EngineState } from "@finality/engine";
import { createLogReader, recordChunks } from "@finality/event-log";
import { createFold, createSnapshotStore, foldAt, HistoryError, type HistoryDeps, type LogSource } from "@finality/history";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { logWithArchive } from "../house/log-with-archive.ts";
import { openData, type OpenData } from "../house/open-data.ts";
import { say } from "../output.ts";
import { openExport } from "./export-source.ts";

export type SourceKind = "db" | "archive" | "both";

export type SourceOptions = {
  readonly data?: string;
  readonly source?: SourceKind;
  readonly archive?: string;
  readonly file?: string;
};

/** Where a replay reads from; nobody behind it knows which. */
export interface ReplaySource extends LogSource {
  readonly kind: SourceKind | "file";
  /** Where results are put unless a folder is named. */
  readonly ownFolder: string;
  /** Names of the logs that hold a record. */
  logs(): Promise<readonly string[]>;
  /** The database that is open, where one is. */
  readonly data: OpenData | undefined;
  /** The state behind a position: recorded decisions applied. Throws HistoryError. */
  stateAt(log: string, position: number): Promise<EngineState>;
  close(): Promise<void>;
}

/** Opens what the options name: an exported file, the database or data folder, an archive, or the last two joined. */
export const sourceOf = async (config: Config, options: SourceOptions): Promise<ReplaySource> => {
  const { file, archive: folder, source = folder === undefined ? "db" : "both" } = options;
  if (file !== undefined) {
    if (folder !== undefined || options.source !== undefined || options.data !== undefined) throw new CliError("usage", "--file is a source of its own: leave out --source, --archive and --data.");
    return fileSource(config, file);
  }
  if (source === "db") {
    if (folder !== undefined) throw new CliError("usage", "--source db reads no archive: leave out --archive, or name --source both.");
    return databaseSource(config, options);
  }
  if (folder === undefined) throw new CliError("usage", `--source ${source} needs the archive's folder: name it with --archive.`);
  // DuckDB is loaded where an archive is read, and nowhere else.
  const { listArchive, openArchive } = await import("@finality/archive");
  // A folder that was mistyped would go unnoticed where the database holds all of the log.
  if ((await listArchive(folder)).length === 0) throw new CliError("not_found", `${folder} holds no archived range.`);
  const archive = await openArchive(folder);
  if (source === "archive") return archiveSource(config, folder, archive);
  const joined = await databaseSource(config, options, archive);
  return { ...joined, close: () => joined.close().finally(() => { archive.close(); }) };
};

/** The logs that a command is about: the one named, else all. Throws `CliError` when there is none. */
export const namedLogs = async (source: ReplaySource, named: string | undefined): Promise<readonly string[]> => {
  const logs = await source.logs();
  if (named === undefined ? logs.length > 0 : logs.includes(named)) return named === undefined ? logs : [named];
  throw new CliError("not_found", named === undefined ? "There is no log yet: run `npx -y pnpm@10 demo` first." : `There is no log "${named}"; there ${logs.length === 1 ? "is" : "are"} ${logs.join(", ") || "none"}.`);
};

/** The one log that a command is about. Throws `CliError` when there are several and none is named. */
export const namedLog = async (source: ReplaySource, named: string | undefined): Promise<string> => {
  const [log, ...others] = await namedLogs(source, named);
  if (log === undefined || others.length > 0) throw new CliError("usage", `There are several logs (${[log, ...others].join(", ")}): name one with --log.`);
  return log;
};

/** Folds from the first record: for sources that keep no snapshots. */
export const foldedFromTheFirst = async (records: Pick<LogSource, "read">, log: string, position: number): Promise<EngineState> => {
  const fold = createFold(log);
  for await (const chunk of recordChunks(records, { log, after: 0, to: position })) for (const stored of chunk) fold.fold(stored);
  return fold.state;
};

/** The same without a way through bytes and hashes, which the fold does not look at: those are `archive verify`'s and `audit fsck`'s to check. */
const foldedFromArchive = async (archive: Archive, log: string, position: number): Promise<EngineState> => {
  const fold = createFold(log);
  if (position === 0) return fold.state;
  try {
    for await (const batch of archive.logRecords(log, { to: position })) for (const record of batch) fold.apply(record);
  } catch (cause) {
    if (!(cause instanceof ContractsError)) throw cause;
    throw new HistoryError("record_unfoldable", `A record of log ${log} behind position ${String(fold.position)} cannot be folded: ${cause.message}`, { cause, position: fold.position + 1 });
  }
  return fold.state;
};

const databaseSource = async (config: Config, options: SourceOptions, archive?: Archive): Promise<ReplaySource> => {
  const data = await openData(config, options.data);
  const reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  const source: LogSource = archive === undefined ? reader : logWithArchive(data.database, reader, archive);
  const deps: HistoryDeps = {
    source,
    snapshots: createSnapshotStore(data.database),
    onRejected: ({ log, position }, reason) => { say(`The snapshot of ${log} at ${String(position)} is not used: ${reason}.`); },
  };
  return {
    kind: archive === undefined ? "db" : "both",
    data,
    ownFolder: data.ownFolder,
    logs: async () => (await reader.heads()).filter(({ position }) => position > 0).map(({ log }) => log),
    head: (log) => source.head(log),
    read: (log, after, limit) => source.read(log, after, limit),
    stateAt: async (log, position) => (await foldAt(deps, log, position)).state,
    close: () => data.close(),
  };
};

const archiveSource = (config: Config, folder: string, archive: Archive): ReplaySource => ({
  kind: "archive",
  data: undefined,
  ownFolder: config.dataRoot,
  logs: async () => [...new Set((await (await import("@finality/archive")).listArchive(folder)).map(({ log }) => log))],
  head: async (log) => {
    const last = (await archive.ranges(log)).at(-1);
    return last === undefined ? undefined : { generation: last.generations.at(-1) ?? 1, position: last.last, root: Buffer.from(last.root, "hex") };
  },
  read: (log, after, limit) => archive.read(log, after, limit),
  stateAt: (log, position) => foldedFromArchive(archive, log, position),
  close: async () => { archive.close(); },
});

const fileSource = async (config: Config, path: string): Promise<ReplaySource> => {
  const records = await openExport(path);
  return {
    kind: "file",
    data: undefined,
    ownFolder: config.dataRoot,
    logs: async () => [records.log],
    head: (log) => records.head(log),
    read: (log, after, limit) => records.read(log, after, limit),
    stateAt: (log, position) => foldedFromTheFirst(records, log, position),
    close: () => records.close(),
  };
};
