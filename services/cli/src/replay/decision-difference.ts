import type { DecisionFace, Difference, EngineState, RecordedStep } from "@finality/engine";
import { bookView } from "@finality/engine";
import type { DecisionDifference, DecisionInputs } from "./verdict.ts";

const unknown: DecisionInputs = { spot: null, vols: null, netDelta: null, band: null };

/** What a decision says that it was made from. */
const named = (decision: DecisionFace | undefined): DecisionInputs => {
  if (decision?.type === "HedgeDecided") {
    const { spot, vols, netDelta, band } = decision.body;
    return { spot, vols, netDelta, band };
  }
  if (decision?.type !== "HedgeRefused") return unknown;
  const { netDelta, band } = decision.body;
  return { ...unknown, netDelta, band };
};

/** What this engine would make a book's decision from, in the state that the difference left. */
const known = (state: EngineState, book: string): DecisionInputs => {
  const found = state.books.get(book);
  if (found === undefined) return unknown;
  const { spot, vols, netDelta } = found.facts.valuation;
  return { spot, vols, netDelta, band: bookView(state, book).greeks.band };
};

const bookOf = (decision: DecisionFace | undefined): string | undefined => (decision !== undefined && "book" in decision.body ? decision.body.book : undefined);

/** A difference with what both sides were made from. `state` is that which `verifyStep` left. */
export const describedDifference = (state: EngineState, { input }: RecordedStep, difference: Difference): DecisionDifference => {
  const { recordedDecision, recomputedDecision, ...place } = difference;
  const book = bookOf(recomputedDecision) ?? bookOf(recordedDecision);
  return {
    log: state.facts.log,
    kind: "decision",
    ...place,
    input: { position: input.position, type: input.type, recordedTimeUs: input.recordedTimeUs },
    recordedDecision: recordedDecision ?? null,
    recomputedDecision: recomputedDecision ?? null,
    inputs: { recorded: named(recordedDecision), recomputed: book === undefined ? unknown : known(state, book) },
  };
};
