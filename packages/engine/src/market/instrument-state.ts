import type { Instrument } from "@finality/contracts";
import { decimal, decimalFromNumber, middle, type ContractTerms, type Decimal } from "@finality/domain";
import { newTickReference, type TickReference } from "./tick-judgement.ts";

/** What the market says about one instrument. Plain data: hashed and stored as it is. Times are recorded times. */
export type InstrumentMarket = {
  /** Last good quote; null where a side is missing. */
  bid: number | null;
  bidSize: number | null;
  ask: number | null;
  askSize: number | null;
  quoteTimeUs: number | null;
  quoteVenueTimeUs: number | null;
  /** Sides of the last good two-sided quote: what positions are marked at. */
  midBid: number | null;
  midAsk: number | null;
  midTimeUs: number | null;
  tradePrice: number | null;
  tradeTimeUs: number | null;
  venueMark: number | null;
  venueMarkTimeUs: number | null;
  /** Vol that the venue's last mark carried; null where it carried none. */
  venueMarkVol: number | null;
  /** Of a future or perpetual: price of its last mark or trade, whichever is newer, minus the index at that tick; see `forwardOf`. */
  basis: number | null;
  /** Recorded time of that index, which is never newer than the tick. */
  basisTimeUs: number | null;
  quoteReference: TickReference;
  tradeReference: TickReference;
  markReference: TickReference;
  expired: boolean;
  /** Exact price at which it settles once expired. */
  settlementPrice: string | null;
  /** Exact settlement price of another series that marks a future which has not expired, until a newer two-sided quote. */
  settlementMark: string | null;
};

/** An instrument: its recorded definition, what follows from it, and its market. */
export type InstrumentState = {
  readonly definition: Instrument;
  readonly section: string;
  readonly terms: ContractTerms;
  readonly lot: Decimal;
  /** Model value of the multiplier. */
  readonly multiplier: number;
  /** Scale for judging far ticks; see `JudgementRules`. */
  readonly fixedScale: number | null;
  /** Key of the option's strike; undefined for other kinds. */
  readonly strikeKey: string | undefined;
  readonly market: InstrumentMarket;
};

const newInstrumentMarket = (): InstrumentMarket => ({
  bid: null,
  bidSize: null,
  ask: null,
  askSize: null,
  quoteTimeUs: null,
  quoteVenueTimeUs: null,
  midBid: null,
  midAsk: null,
  midTimeUs: null,
  tradePrice: null,
  tradeTimeUs: null,
  venueMark: null,
  venueMarkTimeUs: null,
  venueMarkVol: null,
  basis: null,
  basisTimeUs: null,
  quoteReference: newTickReference(),
  tradeReference: newTickReference(),
  markReference: newTickReference(),
  expired: false,
  settlementPrice: null,
  settlementMark: null,
});

const pad = (value: number): string => String(value).padStart(16, "0");

/** Options of one strike, expiry, settlement and forward share a vol: their put and call are two views of one thing. */
const strikeKeyOf = (instrument: Instrument): string | undefined => {
  if (instrument.kind !== "option") return undefined;
  const forward = instrument.forward.source === "future" ? `future:${instrument.forward.instrument}` : instrument.forward.source;
  return `${pad(instrument.expiryUs)}|${instrument.settlement}|${forward}|${decimal(instrument.strike).toFixed()}`;
};

const fixedScaleOf = (instrument: Instrument): number | null => {
  if (instrument.kind !== "option") return null;
  return instrument.settlement === "inverse" ? 1 : Number(instrument.strike);
};

export const newInstrumentState = (definition: Instrument, market: InstrumentMarket = newInstrumentMarket()): InstrumentState => {
  const inverse = definition.settlement === "inverse";
  const multiplier = decimal(definition.multiplier);
  return {
    definition,
    section: `instrument/${definition.instrument}`,
    // The premium of an inverse option is a price in coin; only futures and perpetuals are reciprocal in their price.
    terms: { valuation: inverse && definition.kind !== "option" ? "reciprocal" : "linear", multiplier, coin: inverse },
    lot: decimal(definition.lotSize),
    multiplier: multiplier.toNumber(),
    fixedScale: fixedScaleOf(definition),
    strikeKey: strikeKeyOf(definition),
    market,
  };
};

/** When the instrument stops trading, or undefined when it never does. */
export const expiryOf = (definition: Instrument): number | undefined =>
  definition.kind === "option" || definition.kind === "future" ? definition.expiryUs : undefined;

/** Exact mid of the last good two-sided quote. */
const quotedMid = ({ midBid, midAsk }: InstrumentMarket): Decimal | undefined =>
  midBid === null || midAsk === null ? undefined : middle(decimalFromNumber(midBid), decimalFromNumber(midAsk));

/**
 * Exact price at which positions are marked: the settlement price where it stands in for a mark, else the mid of the last good
 * two-sided quote, else the venue's last mark, else the last trade; undefined before any of these.
 */
export const markOf = ({ market }: InstrumentState): Decimal | undefined => {
  if (market.settlementMark !== null) return decimal(market.settlementMark);
  const fallback = market.venueMark ?? market.tradePrice;
  return quotedMid(market) ?? (fallback === null ? undefined : decimalFromNumber(fallback));
};

/** Mid of the last good two-sided quote as a model value. */
export const midOf = ({ midBid, midAsk }: InstrumentMarket): number | undefined =>
  midBid === null || midAsk === null ? undefined : (midBid + midAsk) / 2;
