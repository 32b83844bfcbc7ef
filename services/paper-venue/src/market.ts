import { tickAt, tickKinds, type Instrument, type TickColumns } from "@finality/contracts";
import { decimal, type ContractTerms, type Decimal } from "@finality/domain";

/** The last quote of an instrument that was recorded without a flag. A side that is absent cannot be traded at. */
export type Quote = {
  readonly bid?: string;
  readonly bidSize?: string;
  readonly ask?: string;
  readonly askSize?: string;
  /** Recorded time of the record that carried it: since then it prevails. */
  readonly sinceUs: number;
};

export type Listing = { readonly terms: ContractTerms; readonly lot: Decimal };

/** What may be traded, and at what. */
export type Market = {
  readonly listings: Map<string, Listing>;
  /** No entry: no quote yet. */
  readonly quotes: Map<string, Quote>;
};

export const listingOf = (instrument: Instrument): Listing => {
  const inverse = instrument.settlement === "inverse";
  const reciprocal = inverse && (instrument.kind === "future" || instrument.kind === "perpetual");
  return {
    terms: { valuation: reciprocal ? "reciprocal" : "linear", multiplier: decimal(instrument.multiplier), coin: inverse },
    lot: decimal(instrument.lotSize),
  };
};

const quoteKind = tickKinds.indexOf("quote");

/** The quotes of a record that may be traded at, in its order: crossed, far, stale and late ones are not. */
export const tradableQuotes = function* (ticks: TickColumns, recordedTimeUs: number): Generator<{ readonly instrument: string; readonly quote: Quote }> {
  for (let index = 0; index < ticks.count; index++) {
    if (ticks.kind[index] !== quoteKind || ticks.flags[index] !== 0) continue;
    const tick = tickAt(ticks, index);
    if (tick.kind !== "quote") continue;
    const { kind: _kind, instrument, venueTimeUs: _venueTimeUs, receiveTimeUs: _receiveTimeUs, ...sides } = tick;
    yield { instrument, quote: { ...sides, sinceUs: recordedTimeUs } };
  }
};
