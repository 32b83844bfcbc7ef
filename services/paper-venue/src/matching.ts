import type { LogRecord } from "@finality/contracts";
import { compareNames } from "@finality/domain";
import type { NewVenueReport, VenueTerms } from "@finality/venues";
import { listingOf, tradableQuotes, type Market, type Quote } from "./market.ts";
import { endOrder, tradeAt, type OpenOrder } from "./open-order.ts";

export type Matching = {
  /** Executes what the record's time and quotes make due. */
  apply(record: LogRecord): void;
  /** Reports and fills in the order in which they happened. */
  readonly reports: readonly NewVenueReport[];
  /** Instruments whose quote or listing changed. */
  readonly touched: ReadonlySet<string>;
};

export type MatchingInput = {
  readonly terms: VenueTerms;
  /** As of `clockUs`; mutated. */
  readonly market: Market;
  /** Open orders, in any order; mutated. */
  readonly orders: readonly OpenOrder[];
  /** Recorded time of the last record before these. */
  readonly clockUs: number;
};

const byArrival = (a: OpenOrder, b: OpenOrder): number => a.arrivesUs - b.arrivesUs || compareNames(a.clientOrderId, b.clientOrderId);

const usPerMs = 1_000;

/**
 * Executes orders against recorded quotes, record by record. An order arrives at `arrivesUs` and trades at the quote prevailing then (the
 * last one in records up to the first of that instant or before it) if that is fresh enough; what is left trades at the instrument's next
 * quotes. An order that was accepted only after a record past its arrival had been read (a live log alone knows this) trades at the quote
 * that prevails when it is first seen. Apart from that, fills are a function of the recorded ticks and the order, however the records are cut.
 */
export const createMatching = ({ terms, market, orders, clockUs }: MatchingInput): Matching => {
  const arriving = orders.toSorted(byArrival);
  const waiting: OpenOrder[] = [];
  const reports: NewVenueReport[] = [];
  const touched = new Set<string>();

  /** Done again for an order that waits already, it changes nothing: the same quote is again too old, or lacks the side. */
  const arrive = (order: OpenOrder): void => {
    const listing = market.listings.get(order.instrument);
    if (listing === undefined) {
      reports.push(endOrder(order, "cancelled", order.arrivesUs, "no_such_instrument"));
      return;
    }
    const quote = market.quotes.get(order.instrument);
    const isFresh = quote !== undefined && order.arrivesUs - quote.sinceUs <= terms.quoteAgeMaxMs * usPerMs;
    // One that is partly filled had its share of this quote.
    if (isFresh && order.filled.isZero()) reports.push(...tradeAt(terms, listing, order, quote, Math.max(order.arrivesUs, quote.sinceUs)));
    if (order.state === "open") waiting.push(order);
  };

  const arrivals = (isDue: (arrivesUs: number) => boolean): void => {
    for (let next = arriving[0]; next !== undefined && isDue(next.arrivesUs); next = arriving[0]) {
      arriving.shift();
      arrive(next);
    }
  };

  const waitingFor = (instrument: string): readonly OpenOrder[] => waiting.filter((order) => order.state === "open" && order.instrument === instrument);

  const applyQuote = (instrument: string, quote: Quote): void => {
    market.quotes.set(instrument, quote);
    touched.add(instrument);
    const listing = market.listings.get(instrument);
    if (listing === undefined) return;
    for (const order of waitingFor(instrument)) reports.push(...tradeAt(terms, listing, order, quote, quote.sinceUs));
  };

  const expire = (instrument: string, atUs: number): void => {
    market.listings.delete(instrument);
    market.quotes.delete(instrument);
    touched.add(instrument);
    for (const order of waitingFor(instrument)) reports.push(endOrder(order, "cancelled", atUs, "instrument_expired"));
  };

  arrivals((arrivesUs) => arrivesUs <= clockUs);
  return {
    apply: (record) => {
      const nowUs = record.recordedTimeUs;
      arrivals((arrivesUs) => arrivesUs < nowUs);
      if (record.type === "TicksRecorded") {
        for (const { instrument, quote } of tradableQuotes(record.body, nowUs)) applyQuote(instrument, quote);
      } else if (record.type === "InstrumentListed") {
        const { instrument } = record.body;
        market.listings.set(instrument.instrument, listingOf(instrument));
        touched.add(instrument.instrument);
      } else if (record.type === "InstrumentExpired") {
        expire(record.body.instrument, nowUs);
      }
      arrivals((arrivesUs) => arrivesUs === nowUs);
    },
    reports,
    touched,
  };
};
