import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

type Cell = number | string | boolean | null | readonly Cell[];

/** A table of reference values: named columns, one expected result (or several) a row. */
export type Table = {
  /** The file's name without its ending, words joined by `_`. */
  readonly name: string;
  readonly rows: readonly Row[];
};

/** One row by column name. Numbers may be written as decimal strings. Each reader throws for a column that the table lacks. */
export type Row = {
  readonly number: (column: string) => number;
  readonly text: (column: string) => string;
  readonly numbers: (column: string) => readonly number[];
  /** Null or absent. */
  readonly isEmpty: (column: string) => boolean;
  /** The cells as they stand, for people. */
  readonly shown: string;
};

const rowOf = (columns: readonly string[], cells: readonly Cell[]): Row => {
  const cell = (column: string): Cell => {
    const place = columns.indexOf(column);
    if (place < 0) throw new RangeError(`the table has no column ${column}`);
    return cells[place] ?? null;
  };
  return {
    number: (column) => {
      const value = cell(column);
      return typeof value === "number" || typeof value === "string" ? Number(value) : NaN;
    },
    text: (column) => String(cell(column)),
    numbers: (column) => {
      const value = cell(column);
      if (!Array.isArray(value)) throw new RangeError(`column ${column} holds no list`);
      return value.map(Number);
    },
    isEmpty: (column) => !columns.includes(column) || cell(column) === null,
    shown: columns.map((column, place) => `${column}=${JSON.stringify(cells[place] ?? null)}`).join(" ").slice(0, 300),
  };
};

/** Rows of cells under named columns. */
export const rowsOf = (columns: readonly string[], rows: readonly (readonly Cell[])[]): readonly Row[] => rows.map((cells) => rowOf(columns, cells));

const isTable = (value: unknown): value is { columns: string[]; rows: Cell[][] } =>
  typeof value === "object" && value !== null && "columns" in value && "rows" in value && Array.isArray(value.columns) && Array.isArray(value.rows);

/** Names of the JSON tables in a folder, sorted. Throws what the file system throws. */
export const tableNames = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort();

/** A file with neither columns nor rows is a table without rows: what is asked of it depends on its name. Throws for text that is no JSON. */
export const readTable = (folder: string, file: string): Table => {
  const parsed: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const name = nameOf(file);
  if (!isTable(parsed)) return { name, rows: [] };
  const { columns, rows } = parsed;
  return { name, rows: rowsOf(columns, rows) };
};

/** Tables in the project have the names of the sources' files, with hyphens. */
export const nameOf = (file: string): string => file.replace(/\.json$/, "").replaceAll("-", "_");
