import type { Archive } from "@finality/archive";
import { canonicalJson } from "@finality/contracts";
import type { Database } from "@finality/database";
import { partitionsThatLeft, type LogReader } from "@finality/event-log";
import { joinedSource, type LogSource } from "@finality/history";
import { rootOf, sha256 } from "@finality/transparency";
import { CliError } from "../exit-codes.ts";

/** The archive holds what left, as it was noted when it left: the same manifest, or the same tree. */
const requireWhatLeft = async (database: Database, archive: Archive, log: string): Promise<void> => {
  const ranges = await archive.ranges(log);
  const left = (await partitionsThatLeft(database, log)).findLast(({ last }) => last <= (ranges.at(-1)?.last ?? 0));
  const covering = ranges.find(({ last }) => last >= (left?.last ?? Infinity));
  if (left === undefined || covering === undefined || sha256(canonicalJson(covering)).equals(left.manifestHash)) return;
  if (!rootOf(await archive.tree(log, left.last)).equals(left.root)) throw new CliError("conflict", `The archive that was named is of another history of ${log}: its first ${String(left.last)} records are not those that left PostgreSQL.`);
};

/** A database and an archive as one log. An archive of another history is refused before the first record comes out of it. Throws CliError "conflict" as it is read. */
export const logWithArchive = (database: Database, reader: LogReader, archive: Archive): LogSource => {
  const compared = new Map<string, Promise<void>>();
  const read: Archive["read"] = async (log, afterPosition, limit) => {
    const comparing = compared.get(log) ?? requireWhatLeft(database, archive, log);
    compared.set(log, comparing);
    await comparing;
    return archive.read(log, afterPosition, limit);
  };
  return joinedSource(reader, { read });
};
