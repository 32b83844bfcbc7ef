import type { Decision } from "@finality/contracts";
import { compareNames, decimal, formatDecimal, settlementCash, unrealizedPnl, type Decimal, type Position } from "@finality/domain";
import type { BookState } from "../books/book-state.ts";
import { expiryOf, type InstrumentState } from "../market/instrument-state.ts";
import type { EngineState } from "../state/engine-state.ts";

/**
 * Expiries that are due and not yet recorded, sorted by name. A missed one fires once, at the first input at or after its time
 * (rule 7). Reads only.
 */
export const dueExpiries = (state: EngineState): readonly Decision[] => {
  const nowUs = state.facts.recordedTimeUs;
  if (nowUs < state.nextExpiryUs) return [];
  const due: string[] = [];
  for (const [name, { definition, market }] of state.instruments.entries()) {
    const expiryUs = expiryOf(definition);
    if (expiryUs !== undefined && expiryUs <= nowUs && !market.expired) due.push(name);
  }
  return due.sort(compareNames).map((instrument) => ({ type: "InstrumentExpired", body: { instrument } }));
};

const cashOf = (instrument: InstrumentState, position: Position, price: Decimal): Decimal => {
  const { definition, terms } = instrument;
  if (definition.kind !== "option") return unrealizedPnl(terms, position, price);
  const { putCall, settlement } = definition;
  return settlementCash({ putCall, settlement, strike: decimal(definition.strike), multiplier: terms.multiplier }, position.quantity, price);
};

/** Settlements that are due: of each book's open positions in expired instruments whose settlement price is known. Reads only. */
export const dueSettlements = (state: EngineState, book: BookState): readonly Decision[] => {
  const due: Decision[] = [];
  for (const [name, { position }] of book.positions.entries()) {
    const instrument = state.instruments.get(name);
    if (instrument === undefined || position.quantity.isZero()) continue;
    const { expired, settlementPrice } = instrument.market;
    if (!expired || settlementPrice === null) continue;
    due.push({
      type: "PositionSettled",
      body: {
        book: book.facts.book,
        instrument: name,
        quantity: formatDecimal(position.quantity),
        price: settlementPrice,
        cash: formatDecimal(cashOf(instrument, position, decimal(settlementPrice))),
      },
    });
  }
  return due;
};
