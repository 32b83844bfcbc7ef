import type { DuckDBConnection, DuckDBDataChunk, DuckDBMaterializedResult } from "@duckdb/node-api";
import { pathLiteral } from "../duckdb/sql-text.ts";
import { ArchiveError } from "../errors.ts";

/** Positions `from` … `to`, both included. */
export type Span = { readonly from: number; readonly to: number };

/** A file of a sealed range with its rows by the manifest. */
export type RangeFile = { readonly path: string; readonly rows: number };

/** DuckDB reads a row group by one thread, and archives are read by two: small row groups are read in pairs. Bytes before compression. */
const pairBytesMax = 64_000_000;

/** A file of so few rows is one row group: no need to look. */
const rowsAtOnce = 2_048;

/**
 * What is asked for at a time: cut at the ends of row groups, so that each is read once and a record stays whole. Throws `corrupt` for a
 * file that is not Parquet any more.
 */
export const windowsIn = async (connection: DuckDBConnection, { path, rows }: RangeFile, span: Span): Promise<readonly Span[]> => {
  if (rows <= rowsAtOnce) return [span];
  const sql = `
    SELECT max(CASE WHEN path_in_schema = 'position' THEN stats_max_value::BIGINT END)::DOUBLE, sum(total_uncompressed_size)::DOUBLE
    FROM parquet_metadata(${pathLiteral(path)}) GROUP BY row_group_id ORDER BY row_group_id`;
  const groups = (await readable(path, connection.runAndReadAll(sql))).getRows().map(([last, bytes]) => ({ last: Number(last), bytes: Number(bytes) }));
  return cutAt(groups.filter((_, group) => !joinsNext(groups, group)).map(({ last }) => last), span);
};

const joinsNext = (groups: readonly { readonly bytes: number }[], group: number): boolean => {
  const [one, other] = groups.slice(group, group + 2);
  return group % 2 === 0 && one !== undefined && other !== undefined && one.bytes + other.bytes <= pairBytesMax;
};

/** `lasts` are last positions of row groups. One that ends where the one before ended adds nothing: its records were whole there. */
export const cutAt = (lasts: readonly number[], { from, to }: Span): readonly Span[] => {
  const windows: Span[] = [];
  let start = from;
  for (const last of lasts) {
    if (last < start || start > to) continue;
    windows.push({ from: start, to: Math.min(last, to) });
    start = last + 1;
  }
  return windows;
};

/**
 * Chunks of the windows in order. A window is read into memory as a whole, and the next one while this one is taken: fetching chunk by
 * chunk costs a turn of the thread pool each, as much as the reading itself.
 */
export async function* chunksOf(connection: DuckDBConnection, path: string, windows: readonly Span[], sqlOf: (window: Span) => string): AsyncGenerator<DuckDBDataChunk, void, void> {
  const ask = (place: number): Promise<DuckDBMaterializedResult> | undefined => {
    const window = windows[place];
    if (window === undefined) return undefined;
    const result = readable(path, connection.run(sqlOf(window)));
    // A reader that leaves early does not wait for it.
    result.catch(() => undefined);
    return result;
  };
  let next = ask(0);
  for (let place = 1; next !== undefined; place++) {
    const result = await next;
    next = ask(place);
    for (let chunk = 0; chunk < result.chunkCount; chunk++) yield result.getChunk(chunk);
  }
}

const readable = async <T>(path: string, reading: Promise<T>): Promise<T> => {
  try {
    return await reading;
  } catch (cause) {
    throw new ArchiveError("corrupt", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, file: path });
  }
};
