import type { Measurement } from "./measurement.ts";

const number = (value: number | null): string => {
  if (value === null) return "";
  const digits = Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
};

const columns: readonly { readonly title: string; readonly right: boolean; readonly text: (row: Measurement) => string }[] = [
  { title: "", right: false, text: ({ name }) => name },
  { title: "value", right: true, text: ({ value }) => number(value) },
  { title: "unit", right: false, text: ({ unit }) => unit },
  { title: "baseline", right: true, text: ({ baseline }) => number(baseline) },
  { title: "ratio", right: true, text: ({ ratio }) => ratio?.toFixed(2) ?? "" },
  { title: "goal", right: false, text: ({ goal }) => goal ?? "" },
  { title: "", right: false, text: ({ ok }) => (ok === null ? "" : ok ? "met" : "MISSED") },
];

export const tableOf = (rows: readonly Measurement[]): string => {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) => line.map((cell, column) => (columns[column]?.right === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ").trimEnd())
    .join("\n");
};
