import type { Row, Table } from "./table.ts";

/** One comparison of one row. */
export type Judgement = {
  readonly row: Row;
  /** Which result of the row. */
  readonly what: string;
  /** |error| / tolerance; above 1 falls short; Infinity for a NaN or an outcome of another kind. */
  readonly multiple: number;
  /** What we gave and what the table says. */
  readonly gave: string;
  readonly expected: string;
};

/** What a table asks for. */
export type Rule =
  /** Every judgement of every row that applies; a row without any does not apply. */
  | { readonly kind: "evaluate"; readonly judge: (table: Table, sources: Sources) => Iterable<Judgement> }
  | { readonly kind: "not built yet"; readonly reason: string }
  | { readonly kind: "does not apply"; readonly reason: string };

/** Other files that a table is evaluated with. */
export type Sources = {
  /** Throws when the folder has no such table. */
  readonly table: (name: string) => Table;
};

export const evaluate = (judge: (table: Table, sources: Sources) => Iterable<Judgement>): Rule => ({ kind: "evaluate", judge });
export const notBuilt = (reason: string): Rule => ({ kind: "not built yet", reason });
export const notOurs = (reason: string): Rule => ({ kind: "does not apply", reason });

/** A comparison of two numbers within an absolute tolerance. Equal numbers, 0 included, are no error whatever the tolerance. */
export const within = (row: Row, what: string, { gave, expected, tolerance }: { readonly gave: number; readonly expected: number; readonly tolerance: number }): Judgement => {
  const error = Math.abs(gave - expected);
  const multiple = gave === expected ? 0 : error / tolerance;
  return { row, what, multiple: Number.isNaN(multiple) ? Infinity : multiple, gave: String(gave), expected: String(expected) };
};

/** A comparison of two outcomes by kind. */
export const same = (row: Row, what: string, gave: string, expected: string): Judgement => ({ row, what, multiple: gave === expected ? 0 : Infinity, gave, expected });

/** One rule a row: the table is evaluated row by row. */
export const eachRow = (judge: (row: Row, sources: Sources, table: Table) => Iterable<Judgement>): Rule =>
  evaluate(function* (table, sources) {
    for (const row of table.rows) yield* judge(row, sources, table);
  });
