import type { Decision, RefusalReason } from "@finality/contracts";
import type { BookState } from "../books/book-state.ts";
import type { Band } from "./band.ts";

/** Records the end of the refusal in force, if there is one. */
export const endOfRefusal = ({ facts }: BookState): readonly Decision[] =>
  facts.refusal === null ? [] : [{ type: "RefusalEnded", body: { book: facts.book, reason: facts.refusal.reason } }];

/** Records a refusal; nothing when that is already the recorded reason (rule 16). `subject` is the instrument, order, limit or halt that it is about. */
export const refusal = (book: BookState, reason: RefusalReason, subject: string, band: Band | undefined): readonly Decision[] => {
  const { facts } = book;
  if (facts.refusal?.reason === reason) return [];
  return [{ type: "HedgeRefused", body: { book: facts.book, reason, netDelta: facts.valuation.netDelta, band: band ?? null, subject } }];
};
