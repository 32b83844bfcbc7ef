import { Type, type Static } from "typebox";
import { DecimalString, Name, TimeUs } from "../scalars.ts";

const common = {
  instrument: Name,
  /** The underlying whose log this instrument belongs to. */
  underlying: Name,
  /** Currency that cash, fees and profit and loss are counted in: USD, or the coin of an inverse instrument. */
  currency: Type.String({ pattern: "^[A-Z0-9]{2,10}$" }),
  /** Linear: cash = quantity x multiplier x price. Inverse: cash in coin = quantity x multiplier / price. */
  settlement: Type.Union([Type.Literal("linear"), Type.Literal("inverse")]),
  /** Units of the underlying (linear) or of quote currency (inverse futures) behind one contract; > 0. */
  multiplier: DecimalString,
  /** Smallest price step, > 0. */
  tickSize: DecimalString,
  /** Smallest quantity step in contracts, > 0. */
  lotSize: DecimalString,
};

/**
 * Where the forward of an option's expiry comes from: the index; a listed future's mid, or, where it is not quoted, its last mark or trade
 * carried on the index; or put-call parity of the pair nearest the money.
 */
export const ForwardSource = Type.Union([
  Type.Object({ source: Type.Literal("index") }, { additionalProperties: false }),
  Type.Object({ source: Type.Literal("future"), instrument: Name }, { additionalProperties: false }),
  Type.Object({ source: Type.Literal("parity") }, { additionalProperties: false }),
]);
export type ForwardSource = Static<typeof ForwardSource>;

export const OptionInstrument = Type.Object(
  {
    kind: Type.Literal("option"),
    ...common,
    style: Type.Literal("european"),
    strike: DecimalString,
    putCall: Type.Union([Type.Literal("put"), Type.Literal("call")]),
    /** The instant at which the option expires; its settlement price may be known later. */
    expiryUs: TimeUs,
    forward: ForwardSource,
  },
  { additionalProperties: false },
);
export type OptionInstrument = Static<typeof OptionInstrument>;

export const FutureInstrument = Type.Object(
  { kind: Type.Literal("future"), ...common, expiryUs: TimeUs },
  { additionalProperties: false },
);
export type FutureInstrument = Static<typeof FutureInstrument>;

export const PerpetualInstrument = Type.Object({ kind: Type.Literal("perpetual"), ...common }, { additionalProperties: false });
export type PerpetualInstrument = Static<typeof PerpetualInstrument>;

export const SpotInstrument = Type.Object({ kind: Type.Literal("spot"), ...common }, { additionalProperties: false });
export type SpotInstrument = Static<typeof SpotInstrument>;

/** Everything that can be listed. Expiry instants are computed outside the fold (calendars, daylight saving) and recorded here. */
export const Instrument = Type.Union([OptionInstrument, FutureInstrument, PerpetualInstrument, SpotInstrument]);
export type Instrument = Static<typeof Instrument>;
