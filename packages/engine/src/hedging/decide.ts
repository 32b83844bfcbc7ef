import type { Decision } from "@finality/contracts";
import type { BookState } from "../books/book-state.ts";
import type { Interval } from "../books/valuation.ts";
import { requireBook, type EngineState } from "../state/engine-state.ts";
import { bandOf, hedgeSide, isDue, isInside, type Band, type HedgingPolicy } from "./band.ts";
import { hedgeOrder, type Objection } from "./hedge-order.ts";
import { endOfRefusal, refusal } from "./refusals.ts";

/** What forbids hedging whatever the market says: a halt on the log or the book, a hold. */
const standstill = (state: EngineState, { facts }: BookState): Objection | undefined => {
  const halt = state.facts.halted ?? facts.halted;
  if (halt !== null) return { reason: "halted", subject: halt };
  return facts.held === null ? undefined : { reason: "held", subject: facts.held };
};

const oldestOpenOrder = (state: EngineState, { facts }: BookState): string =>
  state.orders.items[facts.openOrders[0] ?? -1]?.commandId ?? facts.hedgeInstrument;

type Outside = { readonly policy: HedgingPolicy; readonly band: Band; readonly netDelta: Interval };

/** Net delta is, or may be, outside the band. */
const decideOutside = (state: EngineState, book: BookState, { policy, band, netDelta }: Outside): readonly Decision[] => {
  const still = standstill(state, book);
  if (still !== undefined) return refusal(book, still.reason, still.subject, band);
  const side = hedgeSide(policy, band, netDelta.low, netDelta.high);
  if (side === undefined) return refusal(book, "in_flight", oldestOpenOrder(state, book), band);
  const outcome = hedgeOrder(state, book, { policy, band, netDelta, side });
  return "reason" in outcome ? refusal(book, outcome.reason, outcome.subject, band) : [...endOfRefusal(book), outcome];
};

/**
 * What a book does after an input. Reads only; called once per book after each input record, what it returns is appended behind
 * that record. Empty when there is nothing new to say. The order of questions: failed or suspended; a policy and something to
 * hedge; due; valued on fresh data; inside the band; halted or held; orders in flight; cooldown, price, size, limits.
 */
export const decide = (state: EngineState, bookName: string): readonly Decision[] => {
  const book = requireBook(state, bookName);
  const { facts } = book;
  const { policy, valuation } = facts;
  if (facts.suspended) return refusal(book, "suspended", facts.book, undefined);
  if (facts.failure !== null) return [{ type: "BookSuspended", body: { book: facts.book, error: facts.failure } }];
  // A book whose options have all expired hedges nothing any more: what is left of its hedge is marked, and its owner's to close.
  if (policy.type === "none" || valuation.finished || !isDue(state, book, policy)) return endOfRefusal(book);
  const band = bandOf(state, book);
  const { condition, netDelta } = valuation;
  if (condition.kind === "stale_price" || condition.kind === "stale_vol") {
    return refusal(book, condition.kind, condition.subject ?? facts.book, band);
  }
  if (netDelta === null || band === undefined) return refusal(book, "stale_price", facts.hedgeInstrument, band);
  if (isInside(policy, band, netDelta.low, netDelta.high)) return endOfRefusal(book);
  return decideOutside(state, book, { policy, band, netDelta });
};
