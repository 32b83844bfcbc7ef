import type { HedgePolicy } from "@finality/contracts";
import { microseconds } from "@finality/domain";
import type { BookState } from "../books/book-state.ts";
import { deltaPerContract } from "../books/value-book.ts";
import { requireInstrument, type EngineState } from "../state/engine-state.ts";

/** Currency per point. Net delta within [lower, upper] is left alone. */
export type Band = { readonly lower: number; readonly upper: number; readonly target: number };

export type HedgingPolicy = Exclude<HedgePolicy, { readonly type: "none" }>;

/** Number of the interval of a fixed-interval policy that a time lies in, in whole multiples since 1970. */
export const intervalNumber = (timeUs: number, intervalMs: number): number => Math.floor(timeUs / microseconds(intervalMs));

/**
 * The no-trade band. Of a fixed interval it is one lot's delta on either side of the target. Undefined where it cannot be said:
 * no policy, or an inverse hedge instrument without a price.
 */
export const bandOf = (state: EngineState, book: BookState): Band | undefined => {
  const { policy, hedgeInstrument } = book.facts;
  if (policy.type === "none") return undefined;
  if (policy.type === "delta_band") return { lower: policy.thresholdDown, upper: policy.thresholdUp, target: policy.deltaTarget };
  const instrument = requireInstrument(state, hedgeInstrument);
  const contractDelta = deltaPerContract(instrument);
  if (contractDelta === undefined) return undefined;
  const lotDelta = instrument.lot.toNumber() * contractDelta;
  return { lower: policy.deltaTarget - lotDelta, upper: policy.deltaTarget + lotDelta, target: policy.deltaTarget };
};

/**
 * Whether the policy wants to look at all: a band always; a fixed interval at the first input of an interval that no check was
 * done in, and then until the hedge is decided or nothing is left to refuse (rule 17).
 */
export const isDue = (state: EngineState, book: BookState, policy: HedgingPolicy): boolean =>
  policy.type === "delta_band" || intervalNumber(state.facts.recordedTimeUs, policy.intervalMs) > book.facts.checkedInterval;

/** Inside: nothing to do. A band's edges belong to it; a fixed interval trades from one whole lot on. */
export const isInside = (policy: HedgingPolicy, band: Band, low: number, high: number): boolean =>
  policy.type === "delta_band" ? low >= band.lower && high <= band.upper : low > band.lower && high < band.upper;

/** The side that brings the whole interval back; undefined when its ends disagree. */
export const hedgeSide = (policy: HedgingPolicy, band: Band, low: number, high: number): "buy" | "sell" | undefined => {
  const edge = policy.type === "fixed_interval";
  if (high < band.lower || (edge && high === band.lower)) return "buy";
  if (low > band.upper || (edge && low === band.upper)) return "sell";
  return undefined;
};
