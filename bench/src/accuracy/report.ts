import type { TableResult } from "./evaluate-table.ts";

const multiple = (worst: number | null): string => (worst === null ? "" : worst === Infinity ? "∞" : worst >= 100 || worst < 0.001 ? worst.toExponential(1) : worst.toFixed(3));

const columns: readonly { readonly title: string; readonly right: boolean; readonly text: (result: TableResult) => string }[] = [
  { title: "table", right: false, text: ({ table }) => table },
  { title: "rows", right: true, text: ({ rows }) => String(rows) },
  { title: "apply", right: true, text: ({ rowsThatApply, verdict }) => (verdict === "pass" || verdict === "falls short" ? String(rowsThatApply) : "") },
  { title: "worst", right: true, text: ({ worst }) => multiple(worst) },
  { title: "verdict", right: false, text: ({ verdict, reason }) => (reason === null ? verdict : `${verdict}: ${reason}`) },
];

const offender = ({ offender: worst }: TableResult): readonly string[] =>
  worst === null ? [] : [`    ${worst.what}: gave ${worst.gave}, table says ${worst.expected}`, `    ${worst.inputs}`];

/** One line a table; below one that was evaluated, its worst comparison. `worst` is in multiples of the tolerance: up to 1 passes. */
export const reportOf = (results: readonly TableResult[]): string => {
  const lines = [columns.map(({ title }) => title), ...results.map((result) => columns.map(({ text }) => text(result)))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const aligned = lines.map((line) =>
    line
      .map((cell, column) => (columns[column]?.right === true ? cell.padStart(widths[column] ?? 0) : column === columns.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  "),
  );
  return [aligned[0] ?? "", ...results.flatMap((result, place) => [aligned[place + 1] ?? "", ...offender(result)])].join("\n");
};
