import { join } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api";
import type { TickColumns } from "@finality/contracts";
import { literal, pathLiteral } from "../duckdb/sql-text.ts";
import { blobAt, doubles, integers } from "../duckdb/vectors.ts";
import { recordsFile, ticksType, typeFileOf } from "../layout.ts";
import type { SealedRange } from "../manifest/sealed-ranges.ts";
import { type Bodies, openBodies } from "./bodies.ts";
import { openTicks, type Ticks } from "./ticks.ts";
import { chunksOf, type Span, windowsIn } from "./windows.ts";

/** A record as its files have it, not yet put together. */
export type ArchivedRecord = {
  readonly log: string;
  readonly position: number;
  readonly generation: number;
  readonly type: string;
  readonly version: number;
  readonly venueTimeUs: number;
  readonly recordedTimeUs: number;
  readonly provenance: Uint8Array;
  readonly contentHash: Uint8Array;
  readonly leafHash: Uint8Array;
  /** The payload itself, where the body does not give it back. */
  readonly payload: Uint8Array | undefined;
  /** JSON bytes or ticks from the type's own file; undefined where it has none. */
  readonly body: Uint8Array | TickColumns | undefined;
};

export type Reading = Span & {
  /** Without provenance and hashes, which are empty then: what folding needs, at a fraction of the cost a record. */
  readonly bodiesOnly?: boolean;
};

/** Ticks or records after which a batch is handed on: what a reader holds at once. */
const [ticksMax, recordsMax] = [100_000, 1_000];

const select = (path: string, types: readonly string[], { from, to, bodiesOnly = false }: Reading): string => `
  SELECT position::DOUBLE, coalesce(generation, 0)::UINTEGER, coalesce(enum_code(type::ENUM(${types.map(literal).join(", ")})), ${String(types.length)})::UINTEGER,
    coalesce(version, 0)::UINTEGER, coalesce(epoch_us(venue_time)::DOUBLE, 'nan'), coalesce(epoch_us(recorded_time)::DOUBLE, 'nan'), coalesce(ticks, 0)::UINTEGER, payload ${bodiesOnly ? "" : ", encode(provenance), content_hash, leaf_hash"}
  FROM read_parquet(${pathLiteral(path)}) WHERE position BETWEEN ${String(from)} AND ${String(to)}`;

/** Records of one sealed range in the order of its files. Throws `corrupt` for a file that cannot be read. */
export async function* archivedRecords(instance: DuckDBInstance, { folder, manifest }: SealedRange, reading: Reading): AsyncGenerator<readonly ArchivedRecord[], void, void> {
  const connections: DuckDBConnection[] = [];
  const connect = async (): Promise<DuckDBConnection> => {
    const connection = await instance.connect();
    connections.push(connection);
    return connection;
  };
  try {
    const types = Object.keys(manifest.types);
    const path = join(folder, recordsFile);
    const connection = await connect();
    const windows = await windowsIn(connection, { path, rows: manifest.records }, reading);
    const bodies = bodiesOf({ folder, manifest }, reading, connect);
    let [batch, ticks]: [ArchivedRecord[], number] = [[], 0];
    for await (const chunk of chunksOf(connection, path, windows, (window) => select(path, types, { ...reading, ...window }))) {
      const rows = rowsOf(chunk);
      for (let row = 0; row < chunk.rowCount; row++) {
        const record = rows(row, types);
        const body = bodies(record);
        batch.push({ ...record, log: manifest.log, body: body instanceof Promise ? await body : body });
        ticks += record.ticks;
        if (batch.length < recordsMax && ticks < ticksMax) continue;
        yield batch;
        [batch, ticks] = [[], 0];
      }
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const connection of connections) connection.closeSync();
  }
}

type Row = Omit<ArchivedRecord, "log" | "body"> & { readonly ticks: number };

const nothing = new Uint8Array();

const rowsOf = (chunk: DuckDBDataChunk): ((row: number, types: readonly string[]) => Row) => {
  const [position, venueTimeUs, recordedTimeUs] = [doubles(chunk, 0), doubles(chunk, 4), doubles(chunk, 5)];
  const [generation, version, ticks] = [integers(chunk, 1), integers(chunk, 3), integers(chunk, 6)];
  const type = integers(chunk, 2);
  const hasHashes = chunk.columnCount > 8;
  const blob = (column: number, row: number): Uint8Array => (hasHashes ? (blobAt(chunk, column, row) ?? nothing) : nothing);
  return (row, types) => ({
    position: position[row] ?? NaN,
    generation: generation[row] ?? NaN,
    type: types[type[row] ?? -1] ?? "",
    version: version[row] ?? NaN,
    venueTimeUs: venueTimeUs[row] ?? NaN,
    recordedTimeUs: recordedTimeUs[row] ?? NaN,
    ticks: ticks[row] ?? 0,
    payload: blobAt(chunk, 7, row),
    provenance: blob(8, row),
    contentHash: blob(9, row),
    leafHash: blob(10, row),
  });
};

/** Where a record's body is taken from: a file is opened when its first record comes. */
const bodiesOf = ({ folder, manifest }: Pick<SealedRange, "folder" | "manifest">, span: Span, connect: () => Promise<DuckDBConnection>) => {
  const rowsIn = new Map(manifest.files.map(({ name, rows }) => [name, rows]));
  const open = new Map<string, Promise<Bodies>>();
  let ticks: Ticks | undefined;
  const jsonOf = async (file: string, { type, position }: Row): Promise<Uint8Array | undefined> => {
    const bodies = open.get(type) ?? connect().then((connection) => openBodies(connection, { path: join(folder, file), rows: rowsIn.get(file) ?? 0 }, span));
    open.set(type, bodies);
    return (await bodies).take(position);
  };
  const ticksOf = async (file: string, { position, ticks: count }: Row): Promise<TickColumns> => {
    ticks ??= await openTicks(await connect(), { path: join(folder, file), rows: rowsIn.get(file) ?? 0, instruments: manifest.instruments }, span);
    return ticks.take(position, count);
  };
  return (row: Row): ArchivedRecord["body"] | Promise<ArchivedRecord["body"]> => {
    const file = typeFileOf(row.type);
    if (file === undefined || !rowsIn.has(file)) return undefined;
    if (row.type !== ticksType) return row.payload === undefined ? jsonOf(file, row) : undefined;
    if (row.ticks === 0) return undefined;
    return ticks === undefined ? ticksOf(file, row) : ticks.take(row.position, row.ticks);
  };
};
