import { formatDecimal, type Position } from "@finality/domain";
import type { BookPosition, BookState } from "../books/book-state.ts";
import { paritySection } from "../market/forward.ts";
import { smileSection } from "../market/smile.ts";
import { strikeSection } from "../market/strike-vol.ts";
import type { Order } from "../orders/order.ts";
import { reconciliationSection } from "../reconciliation/reconciliation.ts";
import { logSection, type EngineState } from "./engine-state.ts";

const positionValue = (position: Position): Readonly<Record<string, string>> => ({
  quantity: formatDecimal(position.quantity),
  openCost: formatDecimal(position.openCost),
  tradeCash: formatDecimal(position.tradeCash),
  settlementCash: formatDecimal(position.settlementCash),
  fees: formatDecimal(position.fees),
});

const bookPositionValue = ({ position, settled }: BookPosition): unknown => ({ ...positionValue(position), settled });

const bookValue = (book: BookState): unknown => ({
  facts: book.facts,
  openingCost: formatDecimal(book.openingCost),
  positions: book.positions.entries().map(([instrument, held]) => ({ instrument, held: bookPositionValue(held) })),
});

const orderValue = (order: Order): unknown => ({
  ...order,
  quantity: formatDecimal(order.quantity),
  cumulative: formatDecimal(order.cumulative),
  filled: formatDecimal(order.filled),
  notional: formatDecimal(order.notional),
  fees: formatDecimal(order.fees),
});

/** A named part of the state and how to get its plain value; the value is made only when it is asked for. */
export type Section = { readonly name: string; readonly value: () => unknown };

/** Every part of the state. Together they are the whole of it: what is not here is derived. */
export function* sectionsOf(state: EngineState): IterableIterator<Section> {
  yield { name: logSection, value: () => state.facts };
  for (const { section, definition, market } of state.instruments.values()) yield { name: section, value: () => ({ definition, market }) };
  for (const [key, strike] of state.strikes.entries()) yield { name: strikeSection(key), value: () => strike };
  for (const [key, parity] of state.parities.entries()) yield { name: paritySection(key), value: () => parity };
  for (const [key, smile] of state.smiles.entries()) yield { name: smileSection(key), value: () => smile };
  for (const book of state.books.values()) yield { name: book.section, value: () => bookValue(book) };
  for (const [account, reconciliation] of state.reconciliations.entries()) yield { name: reconciliationSection(account), value: () => reconciliation };
  for (const [name, orders] of state.orders.pages()) yield { name, value: () => orders.map(orderValue) };
  for (const known of [state.fills, state.reports, state.trades, state.halts]) {
    for (const [name, entries] of known.entries.pages()) yield { name, value: () => entries };
  }
}
