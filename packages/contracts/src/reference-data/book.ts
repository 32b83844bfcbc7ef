import { Type, type Static } from "typebox";
import { DecimalString, Name } from "../scalars.ts";

/** What every policy says; the words are those of automatic delta hedging products. */
const common = {
  /** Net delta that a hedge aims at, in currency per point of the underlying. */
  deltaTarget: Type.Number(),
  /** Share of the gap to the target that one hedge closes, in (0, 1]. */
  hedgeRatio: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  /** Least time between two hedge orders of the book, milliseconds. */
  cooldownMs: Type.Integer({ minimum: 0 }),
  /** How long a hedge order may be sent after it was decided, milliseconds. */
  validityMs: Type.Integer({ minimum: 1 }),
};

export const DeltaBandPolicy = Type.Object(
  {
    type: Type.Literal("delta_band"),
    ...common,
    /** Upper threshold of net delta, currency per point, >= deltaTarget. */
    thresholdUp: Type.Number(),
    /** Lower threshold of net delta, currency per point, <= deltaTarget. */
    thresholdDown: Type.Number(),
  },
  { additionalProperties: false },
);

export const FixedIntervalPolicy = Type.Object(
  {
    type: Type.Literal("fixed_interval"),
    ...common,
    /** Time between two hedges, milliseconds; counted on recorded time in whole multiples since 1970. */
    intervalMs: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);

/** The unhedged twin: valued and shown, never traded. */
export const NoHedgePolicy = Type.Object({ type: Type.Literal("none") }, { additionalProperties: false });

export const HedgePolicy = Type.Union([DeltaBandPolicy, FixedIntervalPolicy, NoHedgePolicy]);
export type HedgePolicy = Static<typeof HedgePolicy>;

export const BookLimits = Type.Object(
  {
    /** Largest quantity of one hedge order, contracts, > 0. */
    maxOrderQuantity: DecimalString,
    /** Largest absolute position in the hedge instrument, contracts, > 0. */
    maxHedgePosition: DecimalString,
    /** A quote, index or vol older than this is stale: it holds the hedging of the book. Milliseconds. */
    maxQuoteAgeMs: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export type BookLimits = Static<typeof BookLimits>;

export const BookDefinition = Type.Object(
  {
    book: Name,
    /** The venue account that its hedge orders are sent on. */
    account: Name,
    /** The instrument it is hedged with: a future, perpetual or spot of the same log. */
    hedgeInstrument: Name,
    policy: HedgePolicy,
    limits: BookLimits,
  },
  { additionalProperties: false },
);
export type BookDefinition = Static<typeof BookDefinition>;
