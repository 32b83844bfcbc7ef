import { userInfo } from "node:os";
import { exportRange, listArchive, openArchive, verifyArchive, type Archive, type Manifest } from "@finality/archive";
import { canonicalJson, type StoredRecord } from "@finality/contracts";
import { createLogReader, createLogWriter, detachedUpTo, detachPartition, importRecords, recordPartitions, type LogReader, type LogWriter, type RecordPartition } from "@finality/event-log";
import { createNotifier } from "@finality/database";
import { createSnapshotStore, createTreeStore, treeOfLog } from "@finality/history";
import { contentHash, leafHash, nodesOfTiles, provenanceHash, rootAt, rootOf, sha256 } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import { followImported, noting, type Consumed } from "../house/import-offsets.ts";
import { openDataAlone, type OpenData } from "../house/open-data.ts";
import { openOwnBus } from "../house/open-parts.ts";
import { recoverLog } from "../house/recover-log.ts";
import { money, printData, printJson, say, table } from "../output.ts";
import { logsOf, onlyLog, withData, type DataOptions } from "./with-data.ts";

type FolderOption = { readonly archive: string };
type ExportOptions = DataOptions & FolderOption & { readonly log?: string; readonly to?: number; readonly json?: true };
type ListOptions = FolderOption & { readonly log?: string; readonly json?: true };
type ImportOptions = DataOptions & FolderOption & { readonly log?: string; readonly yes?: true };
type DetachOptions = DataOptions & FolderOption & { readonly log?: string; readonly to: number; readonly drop?: true; readonly yes?: true };

const chunk = 2_000;

async function* chunks(read: LogReader["read"], log: string, first: number, last: number): AsyncGenerator<readonly StoredRecord[], void, void> {
  for (let position = first - 1; position < last; ) {
    const records = await read(log, position, Math.min(chunk, last - position));
    if (records.length === 0) return;
    yield records;
    position += records.length;
  }
}

/** Seals what a log holds behind the archived ranges as one further range. */
export const runArchiveExport = (config: Config, options: ExportOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    const sealed: Manifest[] = [];
    for (const log of await logsOf(reader, options.log)) {
      const archived = (await listArchive(options.archive, log)).at(-1)?.last ?? 0;
      const head = (await reader.head(log))?.position ?? 0;
      const [first, last] = [archived + 1, Math.min(options.to ?? Infinity, head)];
      if (head < archived) throw new CliError("conflict", `The archive holds ${log} up to position ${String(archived)}, but the log ends at ${String(head)}: bring back what it lost with \`finality archive import\`, or begin another archive.`);
      if (last < first) say(`${log}: everything up to position ${String(archived)} is archived already.`);
      else sealed.push(await exportRange({ folder: options.archive, log, first, last, frontierBefore: await treeOfLog({ source: reader, tree: createTreeStore(database) }, log, archived), records: chunks(reader.read, log, first, last) }));
    }
    if (options.json === true) printJson({ ranges: sealed });
    else for (const { log, first, last, ticks, files } of sealed) say(`${log}: positions ${String(first)} to ${String(last)} with ${money(ticks)} ticks are sealed in ${String(files.length)} files, ${money(files.reduce((sum, { bytes }) => sum + bytes, 0))} bytes.`);
  });

/** Of a folder that holds nothing nothing can be said, least of all that all of it holds. */
const nothingArchived = ({ archive, log }: ListOptions): CliError => new CliError("not_found", `${archive} holds no archived range${log === undefined ? "" : ` of ${log}`}.`);

/** What an archive holds, from its manifests. */
export const runArchiveList = async (options: ListOptions): Promise<void> => {
  const ranges = await listArchive(options.archive, options.log);
  if (options.json === true) {
    printJson({ ranges });
    return;
  }
  if (ranges.length === 0) throw nothingArchived(options);
  printData(
    table(
      [
        { title: "log", value: ({ log }: Manifest) => log },
        { title: "first", value: ({ first }) => String(first), align: "right" },
        { title: "last", value: ({ last }) => String(last), align: "right" },
        { title: "recorded from (UTC)", value: ({ recordedFromUs }) => new Date(recordedFromUs / 1_000).toISOString() },
        { title: "to", value: ({ recordedToUs }) => new Date(recordedToUs / 1_000).toISOString() },
        { title: "ticks", value: ({ ticks }) => money(ticks), align: "right" },
        { title: "semantics", value: ({ semantics }) => semantics.join(", ") },
        { title: "root", value: ({ root }) => `${root.slice(0, 16)}…` },
      ],
      ranges,
    ),
  );
};

/** Every file, record, hash, root and link of an archive. */
export const runArchiveVerify = async (options: ListOptions): Promise<ExitCode> => {
  const ranges = await listArchive(options.archive, options.log).catch(() => []);
  const findings = [];
  for await (const finding of verifyArchive(options.archive, options.log)) findings.push(finding);
  if (ranges.length + findings.length === 0) throw nothingArchived(options);
  if (options.json === true) printJson({ ranges: ranges.length, findings });
  else {
    for (const { log, file, position, problem, detail } of findings) printData(`${log} ${file}${position === undefined ? "" : ` at ${String(position)}`}: ${problem.replaceAll("_", " ")}: ${detail}`);
    printData(`${String(ranges.length)} ranges: ${findings.length === 0 ? "every file, record and root holds" : `${String(findings.length)} findings`}`);
  }
  return findings.length === 0 ? exitCodes.ok : exitCodes.findings;
};

const isUnchanged = (record: StoredRecord): boolean => leafHash(contentHash(record), provenanceHash(record.provenance)).equals(record.leafHash);

/** Appends what an archive holds behind a log's head: into an empty database, or behind a backup that ends earlier. Not while a house runs on it. */
export const runArchiveImport = (config: Config, options: ImportOptions): Promise<void> =>
  importing(config, options, async (data) => {
    const archive = await openArchive(options.archive);
    try {
      const logs = [...new Set((await listArchive(options.archive, options.log)).map(({ log }) => log))];
      if (logs.length === 0) throw nothingArchived(options);
      if (options.yes !== true) throw new CliError("usage", `Importing appends to ${logs.join(", ")} in ${data.place}, which no house may be writing: repeat the command with --yes.`);
      const notifier = createNotifier(data.database);
      const [writer, reader] = [createLogWriter({ database: data.database, notifier }), createLogReader({ database: data.database, notifier })];
      for (const log of logs) {
        await requireOneHistory(data, { archive, reader }, log);
        const from = ((await reader.head(log))?.position ?? 0) + 1;
        const consumed: Consumed = new Map();
        const position = await importRecords(writer, log, noting(archive.records(log, { from }), consumed), isUnchanged);
        await takeNoMessageTwice(config, data, { writer, log, consumed });
        await recoverLog(data.database, reader, log);
        say(position < from ? `${log}: nothing of it is missing here.` : `${log}: positions ${String(from)} to ${String(position)} are imported.`);
      }
    } finally {
      archive.close();
    }
  });

/** As far as both reach, the archive holds the log's own records: behind others its tail would make a log that never was. */
const requireOneHistory = async ({ database, place }: OpenData, { archive, reader }: { readonly archive: Archive; readonly reader: LogReader }, log: string): Promise<void> => {
  const size = Math.min((await reader.head(log))?.position ?? 0, (await archive.ranges(log)).at(-1)?.last ?? 0);
  const [own, archived] = [await treeOfLog({ source: reader, tree: createTreeStore(database) }, log, size), await archive.tree(log, size)];
  if (!rootOf(own).equals(rootOf(archived))) throw new CliError("conflict", `The archive is of another history of ${log} than ${place}: not all of the first ${String(size)} records are the same. Nothing was imported.`);
};

const takeNoMessageTwice = async (config: Config, data: OpenData, { writer, log, consumed }: { readonly writer: LogWriter; readonly log: string; readonly consumed: Consumed }): Promise<void> => {
  if (consumed.size === 0) return;
  const bus = openOwnBus(config, data);
  try {
    const moved = await followImported({ bus, writer }, log, consumed);
    if (moved.length > 0) say(`${log}: its writer goes on behind the imported messages of ${moved.join(", ")}.`);
  } finally {
    await bus.close();
  }
};

const importing = async (config: Config, { data: named }: ImportOptions, work: (data: OpenData) => Promise<void>): Promise<void> => {
  const data = await openDataAlone(config, named, { making: true });
  try {
    await work(data);
  } finally {
    await data.close();
  }
};

/** What the archive holds up to a partition's end is what the log holds: its root at the end of some range, made out of the log's own tiles. */
const requireArchived = async ({ database }: OpenData, { archive: folder }: FolderOption, { log, last }: RecordPartition): Promise<Manifest> => {
  const covering = (await listArchive(folder, log)).find((manifest) => manifest.last >= last);
  if (covering === undefined) throw new CliError("conflict", `The archive ${folder} does not hold log ${log} up to position ${String(last)}: run \`finality archive export\` first.`);
  for await (const finding of verifyArchive(folder, log)) throw new CliError("validation", `The archive ${folder} does not verify, and nothing leaves: ${finding.file}: ${finding.detail}`);
  const tree = createTreeStore(database);
  if ((await tree.size(log)) < covering.last) throw new CliError("conflict", `The tiles of log ${log} do not reach position ${String(covering.last)} yet: is a notary running?`);
  const root = await rootAt(nodesOfTiles(tree.readTile(log), covering.last), covering.last);
  if (Buffer.from(root).toString("hex") !== covering.root) throw new CliError("validation", `The archive ${folder} holds other records of ${log} than the log has: the roots at position ${String(covering.last)} differ.`);
  return covering;
};

/** Followers stand behind what leaves, and a state of after it is kept: nobody needs it to go on. */
const requireBehind = async ({ database }: OpenData, { log, last }: RecordPartition): Promise<void> => {
  const { rows } = await database.query<{ follower: string; position: number }>("SELECT follower, position FROM execution.follower WHERE log = $1 AND position < $2", [log, last]);
  const [slow] = rows;
  if (slow !== undefined) throw new CliError("conflict", `The ${slow.follower} has read log ${log} up to position ${String(slow.position)} only; ${String(last)} cannot leave before it has passed.`);
  const usable = (await createSnapshotStore(database).usable(log, Number.MAX_SAFE_INTEGER))[0];
  if (usable === undefined || usable.position < last) throw new CliError("conflict", `There is no snapshot of log ${log} at or behind position ${String(last)}: take one with \`finality snapshots take\`, so that services start without the archive.`);
};

/** Lets archived and verified partitions leave PostgreSQL; by the role that owns the tables. */
export const runArchiveDetach = (config: Config, options: DetachOptions): Promise<void> =>
  withData(config, options, async (data, reader) => {
    const log = await onlyLog(reader, options.log);
    const partitions = (await recordPartitions(data.database, log)).filter(({ detachedAt, last }) => detachedAt === undefined && last <= options.to);
    if (partitions.length === 0) throw new CliError("not_found", `No whole partition of log ${log} ends at or before position ${String(options.to)}${(await detachedUpTo(data.database, log)) === 0 ? "" : ` that is still here`}; they hold ${String((await recordPartitions(data.database, log))[0]?.last ?? 0)} records each.`);
    if (options.yes !== true) throw new CliError("usage", `The records up to ${String(partitions.at(-1)?.last)} of log ${log} leave PostgreSQL: repeat the command with --yes.`);
    for (const partition of partitions) {
      const manifest = await requireArchived(data, options, partition);
      await requireBehind(data, partition);
      const root = await rootAt(nodesOfTiles(createTreeStore(data.database).readTile(log), partition.last), partition.last);
      await detachPartition(data.database, { partition, root, manifestHash: sha256(canonicalJson(manifest)), actor: actorReference(data.ownFolder, userInfo().username), drop: options.drop === true });
      say(`Positions ${String(partition.first)} to ${String(partition.last)} of ${log} left; they are in ${options.archive}.`);
    }
  });
