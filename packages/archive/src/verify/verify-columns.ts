import { basename, join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { identifier, literal, pathLiteral } from "../duckdb/sql-text.ts";
import { typedColumnsOf } from "../export/typed-columns.ts";
import { recordsFile, ticksType, typeFileOf } from "../layout.ts";
import type { SealedRange } from "../manifest/sealed-ranges.ts";
import type { RangeFinding } from "./finding.ts";

// The hashes cover what records are put together from. SQL over the files also sees columns beside that: these say what the records say.

/** `suspects` are files that are known not to be the sealed ones: of these it stays silent where they cannot be read. */
export async function* verifyColumns(instance: DuckDBInstance, { folder, manifest }: SealedRange, suspects: ReadonlySet<string>): AsyncGenerator<RangeFinding, void, void> {
  const connection = await instance.connect();
  try {
    const records = join(folder, recordsFile);
    for (const type of Object.keys(manifest.types)) {
      const file = typeFileOf(type);
      if (file === undefined || !manifest.files.some(({ name }) => name === file)) continue;
      const path = join(folder, file);
      yield* wrongRows(connection, { file: path, sql: misplaced(path, records, type), detail: `A row has other times than its record, or no ${type} is recorded there.` }, suspects);
      if (type === ticksType) {
        yield* wrongRows(connection, { file: path, sql: strayValues(path), detail: "A tick has values that its kind does not have." }, suspects);
        yield* wrongRows(connection, { file: path, sql: misnumbered(path), detail: "The ticks are not numbered 0, 1, 2 … in the order of their rows." }, suspects);
      } else if (typedColumnsOf(type).length > 0) {
        yield* wrongRows(connection, { file: path, sql: untrue(path, type), detail: "A typed column says something else than the body." }, suspects);
      }
    }
  } finally {
    connection.closeSync();
  }
}

type Question = { readonly file: string; readonly sql: string; readonly detail: string };

async function* wrongRows(connection: DuckDBConnection, { file, sql, detail }: Question, suspects: ReadonlySet<string>): AsyncGenerator<RangeFinding, void, void> {
  const name = basename(file);
  let positions: readonly number[];
  try {
    const result = await connection.runAndReadAll(`SELECT DISTINCT position::DOUBLE FROM (${sql}) ORDER BY 1`);
    positions = result.getRows().map(([position]) => Number(position));
  } catch (error) {
    // What cannot be read was found by its hash, or by reading the records.
    if (!suspects.has(name) && !suspects.has(recordsFile)) yield { file: name, problem: "unreadable", detail: `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}` };
    return;
  }
  for (const position of positions) yield { file: name, position, problem: "columns", detail };
}

const misplaced = (path: string, records: string, type: string): string => {
  // Ticks carry their own venue times; recorded time is the record's.
  const times = type === ticksType ? "" : "OR r.venue_time IS DISTINCT FROM b.venue_time OR r.recorded_time IS DISTINCT FROM b.recorded_time";
  return `SELECT b.position FROM read_parquet(${pathLiteral(path)}) b LEFT JOIN read_parquet(${pathLiteral(records)}) r ON r.position = b.position
    WHERE r.type IS DISTINCT FROM ${literal(type)} ${times}`;
};

const strayValues = (path: string): string => {
  const columns = ["bid", "bid_size", "ask", "ask_size", "price", "size", "vol"];
  const own = { quote: columns.slice(0, 4), trade: ["price", "size"], index: ["price"], mark: ["price", "vol"] };
  const stray = Object.entries(own).map(
    ([kind, names]) => `kind = ${literal(kind)} AND NOT (${columns.filter((column) => !names.includes(column)).map((column) => `${column} IS NULL`).join(" AND ")})`,
  );
  return `SELECT position FROM read_parquet(${pathLiteral(path)}) WHERE ${stray.join(" OR ")}`;
};

const misnumbered = (path: string): string => `
  SELECT position FROM read_parquet(${pathLiteral(path)}, file_row_number = true) GROUP BY position
  HAVING min(index) <> 0 OR max(file_row_number - index::BIGINT) <> min(file_row_number - index::BIGINT)`;

const untrue = (path: string, type: string): string => {
  const wrong = typedColumnsOf(type).map(({ name, expression }) => `${identifier(name)} IS DISTINCT FROM ${expression}`);
  return `SELECT position FROM read_parquet(${pathLiteral(path)}) WHERE ${wrong.join(" OR ")}`;
};
