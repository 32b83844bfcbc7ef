import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Tick } from "@finality/contracts";
import { parse } from "csv-parse/sync";
import { DatasetError } from "./errors.ts";
import type { DataFile } from "./manifest.ts";

const fieldsOf = {
  quotes: { required: [], optional: ["bid", "bidSize", "ask", "askSize"] },
  trades: { required: ["price", "size"], optional: [] },
  index: { required: ["price"], optional: [] },
  marks: { required: ["price"], optional: ["vol"] },
} as const satisfies Record<DataFile["kind"], { required: readonly string[]; optional: readonly string[] }>;

const microsecondsPer = { s: 1_000_000, ms: 1_000, us: 1 } as const;

type Row = Readonly<Record<string, string>>;
type Place = { readonly path: string; readonly line: number };

/** The ticks of one file in file order; `venueTimeUs` is when the row was known. Rows without a usable side are left out: they say nothing. */
export const readTicks = (folder: string, file: DataFile): readonly Tick[] => {
  const path = join(folder, file.file);
  const rows = readCsv(path);
  checkColumns(path, file, rows[0]);
  return rows.flatMap((row, index) => tickOf(file, row, { path, line: index + 2 }) ?? []);
};

const readCsv = (path: string): readonly Row[] => {
  if (!existsSync(path)) throw new DatasetError("file", `The manifest names ${path}, which does not exist.`);
  try {
    const bytes = readFileSync(path);
    return parse<Record<string, string>>(path.endsWith(".gz") ? gunzipSync(bytes) : bytes, { bom: true, columns: true, skip_empty_lines: true });
  } catch (cause) {
    throw new DatasetError("file", `${path} cannot be read as CSV: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};

const checkColumns = (path: string, file: DataFile, header: Row | undefined): void => {
  if (header === undefined) throw new DatasetError("file", `${path} has no rows.`);
  const known = fieldsOf[file.kind];
  for (const field of known.required) {
    if (file.columns[field] === undefined) throw new DatasetError("column", `${path}: "columns" must map ${field} for a file of ${file.kind}.`);
  }
  if (file.kind === "quotes" && file.columns["bid"] === undefined && file.columns["ask"] === undefined) {
    throw new DatasetError("column", `${path}: "columns" must map bid, ask or both for a file of quotes.`);
  }
  for (const [field, column] of [...Object.entries(file.columns), ["stamp", file.stamp.column] as const]) {
    const names: readonly string[] = [...known.required, ...known.optional, "stamp"];
    if (!names.includes(field)) throw new DatasetError("column", `${path}: a file of ${file.kind} has no field "${field}"; it has ${names.join(", ")}.`);
    if (header[column] === undefined) throw new DatasetError("column", `${path} has no column "${column}"; it has ${Object.keys(header).join(", ")}.`);
  }
};

const tickOf = (file: DataFile, row: Row, place: Place): Tick | undefined => {
  const common = { instrument: instrumentOf(file.instrument, row, place), venueTimeUs: knownAt(file, row, place) };
  const read = (field: string): string | undefined => decimalOf(file, row, field, place);
  if (file.kind === "quotes") return quoteOf(common, read);
  const price = read("price");
  if (price === undefined) return undefined;
  if (file.kind === "index") return { kind: "index", ...common, price };
  if (file.kind === "trades") return { kind: "trade", ...common, price, size: read("size") ?? "0" };
  const vol = read("vol");
  return { kind: "mark", ...common, price, ...(vol === undefined ? {} : { vol }) };
};

const quoteOf = (common: { instrument: string; venueTimeUs: number }, read: (field: string) => string | undefined): Tick | undefined => {
  const [bid, bidSize, ask, askSize] = [read("bid"), read("bidSize"), read("ask"), read("askSize")];
  if (bid === undefined && ask === undefined) return undefined;
  return {
    kind: "quote",
    ...common,
    ...(bid === undefined ? {} : { bid, ...(bidSize === undefined ? {} : { bidSize }) }),
    ...(ask === undefined ? {} : { ask, ...(askSize === undefined ? {} : { askSize }) }),
  };
};

const instrumentOf = (template: string, row: Row, place: Place): string =>
  template.replaceAll(/\{([^}]+)\}/g, (_whole, column: string) => {
    const value = row[column];
    if (value === undefined) throw new DatasetError("column", `${place.path} has no column "${column}" for the instrument "${template}".`);
    return value;
  });

const knownAt = (file: DataFile, row: Row, place: Place): number => {
  const text = row[file.stamp.column] ?? "";
  if (!/^\d+$/.test(text)) throw new DatasetError("value", `${place.path} line ${String(place.line)}: the stamp "${text}" is not a whole number of ${file.stamp.unit}.`);
  const knownAtUs = Number(text) * microsecondsPer[file.stamp.unit] + file.stamp.knownAfterMs * 1_000;
  if (!Number.isSafeInteger(knownAtUs)) throw new DatasetError("value", `${place.path} line ${String(place.line)}: the stamp "${text}" is too large for ${file.stamp.unit}.`);
  return knownAtUs;
};

/** Empty and zero mean that the source had no value. */
const decimalOf = (file: DataFile, row: Row, field: string, place: Place): string | undefined => {
  const column = file.columns[field];
  const text = column === undefined ? "" : (row[column] ?? "");
  if (text === "") return undefined;
  if (!/^(0|[1-9]\d*)(\.\d+)?$/.test(text)) throw new DatasetError("value", `${place.path} line ${String(place.line)}: ${field} "${text}" is not a plain decimal.`);
  return /^0(\.0*)?$/.test(text) ? undefined : text;
};
