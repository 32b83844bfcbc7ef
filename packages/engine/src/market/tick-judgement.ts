import { tickFlags } from "@finality/contracts";

/** What new ticks of one kind of one instrument are judged against. Plain data: part of the state. */
export type TickReference = {
  /** Price of the last good tick (mid of a two-sided quote); null before the first. */
  price: number | null;
  /** Venue time of the last good tick. */
  venueTimeUs: number | null;
  /** Level of the current run of far ticks that agree with each other, and its length. */
  farPrice: number | null;
  farCount: number;
};

export const newTickReference = (): TickReference => ({ price: null, venueTimeUs: null, farPrice: null, farCount: 0 });

/** The judged face of a tick. */
export type JudgedTick = {
  /** Mid of a two-sided quote, or the price; null for a one-sided quote, which is never far. */
  readonly price: number | null;
  readonly crossed: boolean;
  readonly venueTimeUs: number;
};

export type JudgementRules = {
  /** What part of `scaleOf` a price may move between two good ticks. */
  readonly farShare: number;
  /** Options are judged against a fixed scale (their strike, or one coin): a cheap option may well double in a minute. Null: the last good price. */
  readonly fixedScale: number | null;
  readonly recordedTimeUs: number;
  readonly lateAfterUs: number;
};

/** So many far ticks in a row that agree with each other are the market, not an error: the last of them is good. */
const agreeingTicksToAccept = 3;

const isFar = (from: number, price: number, rules: Pick<JudgementRules, "farShare" | "fixedScale">): boolean =>
  Math.abs(price - from) > rules.farShare * (rules.fixedScale ?? from);

const farCountAfter = (reference: TickReference, price: number, rules: Pick<JudgementRules, "farShare" | "fixedScale">): number =>
  reference.farPrice !== null && !isFar(reference.farPrice, price, rules) ? reference.farCount + 1 : 1;

/** Bits of `tickFlags`; 0 is a good tick. Reads only. */
export const judgeTick = (reference: TickReference, tick: JudgedTick, rules: JudgementRules): number => {
  let flags = 0;
  if (tick.crossed) flags |= tickFlags.crossed;
  if (reference.venueTimeUs !== null && tick.venueTimeUs < reference.venueTimeUs) flags |= tickFlags.stale;
  if (rules.recordedTimeUs - tick.venueTimeUs > rules.lateAfterUs) flags |= tickFlags.late;
  if (flags === 0 && tick.price !== null && reference.price !== null && isFar(reference.price, tick.price, rules)) {
    if (farCountAfter(reference, tick.price, rules) < agreeingTicksToAccept) flags |= tickFlags.far;
  }
  return flags;
};

/** Moves the reference on by a tick and the flags that were recorded with it. Admission and the fold take the same step. */
export const noteTick = (reference: TickReference, tick: JudgedTick, flags: number, rules: Pick<JudgementRules, "farShare" | "fixedScale">): void => {
  if (flags === 0) {
    reference.venueTimeUs = tick.venueTimeUs;
    if (tick.price === null) return;
    reference.price = tick.price;
    reference.farPrice = null;
    reference.farCount = 0;
  } else if (flags === tickFlags.far && tick.price !== null) {
    reference.farCount = farCountAfter(reference, tick.price, rules);
    reference.farPrice = tick.price;
  }
};
