import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { type TickColumns, tickKinds } from "@finality/contracts";
import { literal, pathLiteral } from "../duckdb/sql-text.ts";
import { bytesOf, doubles, integers } from "../duckdb/vectors.ts";
import { createRenumbering, type Renumbering } from "./renumbering.ts";
import { chunksOf, type RangeFile, type Span, windowsIn } from "./windows.ts";

/** Ticks of a range, record by record. */
export interface Ticks {
  /** The next `count` rows of the record; fewer where the file has fewer, which the hashes show. Positions asked for rise. At once where the rows are at hand. */
  take(position: number, count: number): TickColumns | Promise<TickColumns>;
}

const noPlace = 2 ** 32 - 1;

const dictionary = (texts: readonly string[]): string => `ENUM(${texts.map(literal).join(", ")})`;

/**
 * Everything as DOUBLE or a place in a dictionary, absent as NaN: whole columns become typed arrays, and no row is looked at. What an
 * archive that was not tampered with never leaves empty gets a number that no codec takes.
 */
const select = (path: string, instrumentType: string, { from, to }: Span): string => `
  SELECT position::DOUBLE, coalesce(enum_code(instrument::${instrumentType}), ${String(noPlace)})::UINTEGER, coalesce(enum_code(kind::${dictionary(tickKinds)}), 255)::UTINYINT,
    coalesce(flags, 255)::UTINYINT, coalesce(epoch_us(venue_time)::DOUBLE, 'nan'),
    coalesce(epoch_us(receive_time)::DOUBLE, 'nan'), coalesce(bid, price, 'nan'), coalesce(bid_size, size, vol, 'nan'), coalesce(ask, 'nan'), coalesce(ask_size, 'nan')
  FROM read_parquet(${pathLiteral(path)}) WHERE position BETWEEN ${String(from)} AND ${String(to)}`;

type Rows = {
  readonly position: Float64Array;
  /** In the range's dictionary of instruments. */
  readonly place: Uint32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly venueTimeUs: Float64Array;
  readonly receiveTimeUs: Float64Array;
  readonly value0: Float64Array;
  readonly value1: Float64Array;
  readonly value2: Float64Array;
  readonly value3: Float64Array;
};

const rowsOf = (chunk: DuckDBDataChunk): Rows => ({
  position: doubles(chunk, 0),
  place: integers(chunk, 1),
  kind: bytesOf(chunk, 2),
  flags: bytesOf(chunk, 3),
  venueTimeUs: doubles(chunk, 4),
  receiveTimeUs: doubles(chunk, 5),
  value0: doubles(chunk, 6),
  value1: doubles(chunk, 7),
  value2: doubles(chunk, 8),
  value3: doubles(chunk, 9),
});

export type TicksFile = RangeFile & { readonly instruments: readonly string[] };

export const openTicks = async (connection: DuckDBConnection, file: TicksFile, span: Span): Promise<Ticks> => {
  const { path, instruments } = file;
  const type = dictionary(instruments);
  const chunks = chunksOf(connection, path, await windowsIn(connection, file, span), (window) => select(path, type, window));
  const renumbering = createRenumbering(instruments);
  let rows: Rows | undefined;
  let at = 0;

  /** Rows of `position` from `at` on in this chunk, at most `count`. */
  const here = (position: number, count: number): number => {
    if (rows === undefined) return 0;
    while (at < rows.position.length && (rows.position[at] ?? NaN) < position) at++;
    // Rows are in order of position: if the last one wanted is the record's, all between are.
    if (rows.position[at] !== position) return 0;
    if (rows.position[at + count - 1] === position) return count;
    let found = 1;
    while (rows.position[at + found] === position) found++;
    return Math.min(found, count);
  };
  const cut = (count: number): Rows => {
    const from = at;
    at += count;
    return slice(rows, from, at);
  };
  const gather = async (position: number, count: number): Promise<TickColumns> => {
    const parts: Rows[] = [];
    for (let wanted = count; wanted > 0; ) {
      const found = here(position, wanted);
      if (found > 0) parts.push(cut(found));
      wanted -= found;
      if (wanted === 0 || (rows !== undefined && at < rows.position.length)) break;
      const next = await chunks.next();
      if (next.done === true) break;
      [rows, at] = [rowsOf(next.value), 0];
    }
    return columnsFrom(joined(parts), renumbering);
  };
  return { take: (position, count) => (here(position, count) === count && count > 0 ? columnsFrom(cut(count), renumbering) : gather(position, count)) };
};

const slice = (rows: Rows | undefined, from: number, to: number): Rows => {
  const source = rows ?? noRows;
  return {
    position: source.position.subarray(from, to),
    place: source.place.subarray(from, to),
    kind: source.kind.subarray(from, to),
    flags: source.flags.subarray(from, to),
    venueTimeUs: source.venueTimeUs.subarray(from, to),
    receiveTimeUs: source.receiveTimeUs.subarray(from, to),
    value0: source.value0.subarray(from, to),
    value1: source.value1.subarray(from, to),
    value2: source.value2.subarray(from, to),
    value3: source.value3.subarray(from, to),
  };
};

const none = new Float64Array();
const noBytes = new Uint8Array();
const noRows: Rows = { position: none, place: new Uint32Array(), kind: noBytes, flags: noBytes, venueTimeUs: none, receiveTimeUs: none, value0: none, value1: none, value2: none, value3: none };

const joined = (parts: readonly Rows[]): Rows => {
  const [only = noRows] = parts;
  if (parts.length < 2) return only;
  const count = parts.reduce((sum, part) => sum + part.position.length, 0);
  const filled = <Items extends Float64Array | Uint32Array | Uint8Array>(items: Items, of: (part: Rows) => Items): Items => {
    let at = 0;
    for (const part of parts) {
      items.set(of(part), at);
      at += part.position.length;
    }
    return items;
  };
  const double = (of: (part: Rows) => Float64Array): Float64Array => filled(new Float64Array(count), of);
  return {
    position: double((part) => part.position),
    place: filled(new Uint32Array(count), (part) => part.place),
    kind: filled(new Uint8Array(count), (part) => part.kind),
    flags: filled(new Uint8Array(count), (part) => part.flags),
    venueTimeUs: double((part) => part.venueTimeUs),
    receiveTimeUs: double((part) => part.receiveTimeUs),
    value0: double((part) => part.value0),
    value1: double((part) => part.value1),
    value2: double((part) => part.value2),
    value3: double((part) => part.value3),
  };
};

const columnsFrom = ({ position, place, kind, flags, venueTimeUs, receiveTimeUs, value0, value1, value2, value3 }: Rows, renumbering: Renumbering): TickColumns => {
  const { instruments, instrument } = renumbering(place);
  return { count: position.length, instruments, instrument, kind, flags, venueTimeUs, receiveTimeUs, value0, value1, value2, value3 };
};
