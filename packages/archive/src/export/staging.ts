import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk, type DuckDBInstance, DOUBLE, UINTEGER, UTINYINT } from "@duckdb/node-api";
import { invariant } from "@finality/domain";
import type { TickColumns } from "@finality/contracts";
import { fillColumn } from "../duckdb/vectors.ts";

// What is exported waits in a database file of the temporary folder, since a Parquet file is written by one statement: memory stays flat, and
// rows leave in the order in which they came.

const stagingTables = `
  CREATE TABLE records (position BIGINT, generation UINTEGER, type VARCHAR, version UINTEGER, venue_us BIGINT, recorded_us BIGINT,
    provenance VARCHAR, content_hash BLOB, leaf_hash BLOB, ticks UINTEGER, payload BLOB);
  CREATE TABLE bodies (position BIGINT, type VARCHAR, venue_us BIGINT, recorded_us BIGINT, body VARCHAR);
  CREATE TABLE ticks (position DOUBLE, index UINTEGER, instrument UINTEGER, kind UTINYINT, flags UTINYINT, venue_us DOUBLE, receive_us DOUBLE,
    value0 DOUBLE, value1 DOUBLE, value2 DOUBLE, value3 DOUBLE);`;

type StagedRecord = {
  readonly position: number;
  readonly generation: number;
  readonly type: string;
  readonly version: number;
  readonly venueTimeUs: number;
  readonly recordedTimeUs: number;
  readonly provenance: string;
  readonly contentHash: Uint8Array;
  readonly leafHash: Uint8Array;
  /** Rows in the ticks' file; undefined for other types and for ticks that cannot be read. */
  readonly ticks: number | undefined;
  /** Kept as it is where the other files do not give it back byte for byte. */
  readonly payload: Uint8Array | undefined;
  readonly body: string | undefined;
};

export interface Staging {
  record(record: StagedRecord): void;
  ticks(position: number, columns: TickColumns, placeOf: (instrument: string) => number): void;
  /** Hands everything over to the database. */
  finish(): void;
}

export const createStaging = async (instance: DuckDBInstance): Promise<{ readonly staging: Staging; readonly connection: DuckDBConnection }> => {
  const connection = await instance.connect();
  await connection.run(stagingTables);
  const [records, bodies] = [await connection.createAppender("records"), await connection.createAppender("bodies")];
  const ticks = tickAppender(await connection.createAppender("ticks"));
  const staging: Staging = {
    record: (record) => {
      appendRecord(records, record);
      if (record.body !== undefined) appendBody(bodies, record, record.body);
    },
    ticks: ticks.append,
    finish: () => {
      ticks.finish();
      for (const appender of [records, bodies]) appender.closeSync();
    },
  };
  return { staging, connection };
};

const appendRecord = (rows: DuckDBAppender, record: StagedRecord): void => {
  rows.appendBigInt(BigInt(record.position));
  rows.appendUInteger(record.generation);
  rows.appendVarchar(record.type);
  rows.appendUInteger(record.version);
  rows.appendBigInt(BigInt(record.venueTimeUs));
  rows.appendBigInt(BigInt(record.recordedTimeUs));
  rows.appendVarchar(record.provenance);
  rows.appendBlob(record.contentHash);
  rows.appendBlob(record.leafHash);
  if (record.ticks === undefined) rows.appendNull();
  else rows.appendUInteger(record.ticks);
  if (record.payload === undefined) rows.appendNull();
  else rows.appendBlob(record.payload);
  rows.endRow();
};

const appendBody = (rows: DuckDBAppender, { position, type, venueTimeUs, recordedTimeUs }: StagedRecord, body: string): void => {
  rows.appendBigInt(BigInt(position));
  rows.appendVarchar(type);
  rows.appendBigInt(BigInt(venueTimeUs));
  rows.appendBigInt(BigInt(recordedTimeUs));
  rows.appendVarchar(body);
  rows.endRow();
};

/** Rows of one chunk of DuckDB's. */
const chunkRows = 2048;
const tickTypes = [DOUBLE, UINTEGER, UINTEGER, UTINYINT, UTINYINT, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE];

const tickAppender = (appender: DuckDBAppender): { readonly append: Staging["ticks"]; readonly finish: () => void } => {
  const rows = tickRows();
  let filled = 0;
  const flush = (): void => {
    if (filled === 0) return;
    appender.appendDataChunk(rows.chunk(filled));
    filled = 0;
  };
  return {
    append: (position, columns, placeOf) => {
      const places = columns.instruments.map(placeOf);
      for (let from = 0; from < columns.count; ) {
        const to = Math.min(columns.count, from + chunkRows - filled);
        rows.fill(filled, { position, columns, places, from, to });
        filled += to - from;
        from = to;
        if (filled === chunkRows) flush();
      }
    },
    finish: () => {
      flush();
      appender.closeSync();
    },
  };
};

type TickSlice = { readonly position: number; readonly columns: TickColumns; readonly places: readonly number[]; readonly from: number; readonly to: number };

const tickRows = () => {
  const double = () => new Float64Array(chunkRows);
  const [position, venueUs, receiveUs] = [double(), double(), double()];
  const values = [double(), double(), double(), double()];
  const [index, instrument] = [new Uint32Array(chunkRows), new Uint32Array(chunkRows)];
  const [kind, flags] = [new Uint8Array(chunkRows), new Uint8Array(chunkRows)];
  const chunk = DuckDBDataChunk.create(tickTypes);
  return {
    fill: (at: number, { position: ofRecord, columns, places, from, to }: TickSlice): void => {
      position.fill(ofRecord, at, at + to - from);
      for (let tick = from; tick < to; tick++) {
        index[at + tick - from] = tick;
        const place = places[columns.instrument[tick] ?? -1];
        invariant(place !== undefined, "a tick's instrument is in its record's dictionary");
        instrument[at + tick - from] = place;
      }
      kind.set(columns.kind.subarray(from, to), at);
      flags.set(columns.flags.subarray(from, to), at);
      venueUs.set(columns.venueTimeUs.subarray(from, to), at);
      receiveUs.set(columns.receiveTimeUs.subarray(from, to), at);
      [columns.value0, columns.value1, columns.value2, columns.value3].forEach((column, place) => values[place]?.set(column.subarray(from, to), at));
    },
    chunk: (rows: number): DuckDBDataChunk => {
      chunk.rowCount = rows;
      [position, index, instrument, kind, flags, venueUs, receiveUs, ...values].forEach((column, place) => fillColumn(chunk, place, column, rows));
      return chunk;
    },
  };
};
