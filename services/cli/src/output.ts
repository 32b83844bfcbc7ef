import { Decimal } from "decimal.js";

/** Data goes to stdout; everything else to stderr. */
export const printData = (text: string): void => {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
};

export const printJson = (value: unknown): void => {
  printData(JSON.stringify(value, null, 2));
};

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

export type Column<Row> = { readonly title: string; readonly value: (row: Row) => string; readonly align?: "left" | "right" };

/** A plain table: titles, then a line a row; numbers to the right. */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string => {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => column.value(row)))];
  const widths = columns.map((_column, index) => Math.max(...cells.map((line) => Array.from(line[index] ?? "").length)));
  const lineOf = (line: readonly string[]): string =>
    line
      .map((cell, index) => {
        const padding = " ".repeat(Math.max(0, (widths[index] ?? 0) - Array.from(cell).length));
        return columns[index]?.align === "right" ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd();
  return cells.map(lineOf).join("\n");
};

/** A decimal for people: thousands separated, `digits` after the point, a true minus sign. Display only; rounded half away from zero. */
export const money = (value: string | number | null, digits = 0): string => {
  if (value === null) return "–";
  const rounded = new Decimal(value).toDecimalPlaces(digits, Decimal.ROUND_HALF_UP);
  const [whole = "", fraction] = rounded.abs().toFixed(digits).split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return rounded.isNegative() && !rounded.isZero() ? `−${text}` : text;
};

/** The same with a plus for gains. */
export const signed = (value: string | number | null, digits = 0): string => {
  const text = money(value, digits);
  return value !== null && new Decimal(value).toDecimalPlaces(digits, Decimal.ROUND_HALF_UP).gt(0) ? `+${text}` : text;
};

/** UTC time of day of an instant, to the second. */
export const timeOfDay = (timeUs: number): string => new Date(Math.floor(timeUs / 1_000)).toISOString().slice(11, 19);
export const dayOf = (timeUs: number): string => new Date(Math.floor(timeUs / 1_000)).toISOString().slice(0, 10);
