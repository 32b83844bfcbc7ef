import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { tickKinds } from "@finality/contracts";
import { identifier, listOf, literal } from "../duckdb/sql-text.ts";
import { recordsFile, ticksType, typeFileOf } from "../layout.ts";
import { typedColumnsOf } from "./typed-columns.ts";

/** What DuckDB may take while a range is staged and written; more where single records need it. */
export const exportMemoryMegabytes = 256;

/** Most rows of a row group: ticks have some ten bytes, the others what they have. */
const rowGroup = { records: 40_960, bodies: 10_240, ticks: 122_880 } as const;
/** A reading takes row groups into memory as a whole; bytes before compression. */
const rowGroupBytes = 16_000_000;
/** DuckDB's unit: no row group but the last has fewer. Rows of 70 kB then make one of 150 MB. */
const chunkRows = 2_048;
/** Of a row, beside what varies. */
const fixedBytes = 100;
/** Memory that DuckDB may take to write a byte of a row group: eight were seen not to do. */
const bytesPerByte = 16;

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

type FileToWrite = { readonly name: string; readonly columns: string; readonly from: string; readonly rowsMax: number; /** SQL of a row's size, as far as it varies. */ readonly bytes: string };

/** Writes the staged rows as Parquet into `folder`; answers the files' names, sorted. */
export const writeParquetFiles = async (connection: DuckDBConnection, folder: string, instruments: readonly string[]): Promise<readonly string[]> => {
  const files: FileToWrite[] = [{ name: recordsFile, columns: recordColumns, from: "records", rowsMax: rowGroup.records, bytes: "strlen(provenance) + coalesce(octet_length(payload), 0)" }];
  const types = (await connection.runAndReadAll("SELECT DISTINCT type FROM bodies ORDER BY type")).getRows().map(([type]) => String(type));
  for (const type of types) {
    const name = typeFileOf(type);
    if (name !== undefined) files.push({ name, columns: bodyColumns(type), from: `bodies WHERE type = ${literal(type)}`, rowsMax: rowGroup.bodies, bytes: "strlen(body)" });
  }
  if (instruments.length > 0) files.push({ name: `${ticksType}.parquet`, columns: tickColumns(instruments), from: "ticks", rowsMax: rowGroup.ticks, bytes: "0" });
  for (const file of files) await write(connection, folder, file);
  return files.map(({ name }) => name).sort();
};

const write = async (connection: DuckDBConnection, folder: string, { name, columns, from, rowsMax, bytes }: FileToWrite): Promise<void> => {
  const [[average] = []] = (await connection.runAndReadAll(`SELECT avg(${bytes})::DOUBLE FROM ${from}`)).getRows();
  const rowBytes = fixedBytes + Number(average);
  const rows = Math.max(chunkRows, Math.min(rowsMax, Math.floor(rowGroupBytes / rowBytes / chunkRows) * chunkRows));
  const megabytes = Math.max(exportMemoryMegabytes, Math.ceil((rows * rowBytes * bytesPerByte) / 1e6));
  await connection.run(`SET memory_limit = '${String(megabytes)}MB'`);
  await connection.run(`COPY (SELECT ${columns} FROM ${from}) TO ${literal(join(folder, name))} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${String(rows)})`);
};
