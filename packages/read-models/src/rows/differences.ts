import type { ReadModels } from "./rows.ts";

/** A row, named by its table and key, that is not the same in two sets; undefined where a set has no such row. */
export type RowDifference = { readonly table: keyof ReadModels; readonly key: string; readonly found: unknown; readonly expected: unknown };

const keys: { readonly [Key in keyof ReadModels]: (row: ReadModels[Key][number]) => string } = {
  books: ({ book }) => book,
  positions: ({ book, instrument }) => `${book} ${instrument}`,
  greeks: ({ book }) => book,
  smiles: ({ key }) => key,
  pnl: ({ book }) => book,
  orders: ({ commandId }) => commandId,
  decisions: ({ position }) => String(position),
};

/** JSON with sorted keys: what jsonb keeps of a value, so that key order and the sign of zero do not count. */
const comparable = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );

const compareTable = <Row>(table: keyof ReadModels, keyOf: (row: Row) => string, found: readonly Row[], expected: readonly Row[]): readonly RowDifference[] => {
  const foundByKey = new Map(found.map((row) => [keyOf(row), row]));
  const expectedByKey = new Map(expected.map((row) => [keyOf(row), row]));
  const names = [...new Set([...foundByKey.keys(), ...expectedByKey.keys()])].sort();
  return names
    .filter((key) => comparable(foundByKey.get(key) ?? null) !== comparable(expectedByKey.get(key) ?? null))
    .map((key) => ({ table, key, found: foundByKey.get(key), expected: expectedByKey.get(key) }));
};

/** Rows of one log that differ; empty when both sets say the same. */
export const differences = (found: ReadModels, expected: ReadModels): readonly RowDifference[] => [
  ...compareTable("books", keys.books, found.books, expected.books),
  ...compareTable("positions", keys.positions, found.positions, expected.positions),
  ...compareTable("greeks", keys.greeks, found.greeks, expected.greeks),
  ...compareTable("smiles", keys.smiles, found.smiles, expected.smiles),
  ...compareTable("pnl", keys.pnl, found.pnl, expected.pnl),
  ...compareTable("orders", keys.orders, found.orders, expected.orders),
  ...compareTable("decisions", keys.decisions, found.decisions, expected.decisions),
];
