import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { tickKinds } from "@finality/contracts";
import { identifier, listOf, literal } from "../duckdb/sql-text.ts";
import { recordsFile, ticksType, typeFileOf } from "../layout.ts";
import { typedColumnsOf } from "./typed-columns.ts";

/** Rows of a row group, what one reading takes into memory: bodies have kilobytes, records some hundred bytes, ticks some ten. */
const rowGroup = { records: 40_960, bodies: 10_240, ticks: 122_880 } as const;

const recordColumns = `position, generation, type, version, make_timestamp(venue_us) AS venue_time, make_timestamp(recorded_us) AS recorded_time,
  provenance, content_hash, leaf_hash, ticks, payload`;

const present = (column: string): string => `CASE WHEN NOT isnan(${column}) THEN ${column} END`;
const ofKind = (kind: (typeof tickKinds)[number], column: string): string => `CASE WHEN kind = ${String(tickKinds.indexOf(kind))} THEN ${present(column)} END`;

/** `names` are the instruments by place. The columns say what the four values mean (packages/contracts, tick columns). */
const tickColumns = (names: readonly string[]): string => `position::BIGINT AS position, index, (${listOf(names)})[instrument + 1] AS instrument,
  (${listOf(tickKinds)})[kind + 1] AS kind, make_timestamp(venue_us::BIGINT) AS venue_time,
  make_timestamp((${present("receive_us")})::BIGINT) AS receive_time,
  ${ofKind("quote", "value0")} AS bid, ${ofKind("quote", "value1")} AS bid_size, ${ofKind("quote", "value2")} AS ask, ${ofKind("quote", "value3")} AS ask_size,
  CASE WHEN kind <> ${String(tickKinds.indexOf("quote"))} THEN ${present("value0")} END AS price, ${ofKind("trade", "value1")} AS size, ${ofKind("mark", "value1")} AS vol, flags`;

const bodyColumns = (type: string): string =>
  [
    "position, make_timestamp(recorded_us) AS recorded_time, make_timestamp(venue_us) AS venue_time",
    ...typedColumnsOf(type).map(({ name, expression }) => `${expression} AS ${identifier(name)}`),
    "body",
  ].join(", ");

/** Writes the staged rows as Parquet into `folder`; answers the files' names, sorted. */
export const writeParquetFiles = async (connection: DuckDBConnection, folder: string, instruments: readonly string[]): Promise<readonly string[]> => {
  const write = async (name: string, select: string, rows: number): Promise<string> => {
    await connection.run(`COPY (${select}) TO ${literal(join(folder, name))} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${String(rows)})`);
    return name;
  };
  const names = [await write(recordsFile, `SELECT ${recordColumns} FROM records`, rowGroup.records)];
  const types = (await connection.runAndReadAll("SELECT DISTINCT type FROM bodies ORDER BY type")).getRows().map(([type]) => String(type));
  for (const type of types) {
    const name = typeFileOf(type);
    if (name !== undefined) names.push(await write(name, `SELECT ${bodyColumns(type)} FROM bodies WHERE type = ${literal(type)}`, rowGroup.bodies));
  }
  if (instruments.length > 0) names.push(await write(`${ticksType}.parquet`, `SELECT ${tickColumns(instruments)} FROM ticks`, rowGroup.ticks));
  return names.sort();
};
