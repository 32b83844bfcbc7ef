import { tickKinds, type TickColumns } from "@finality/contracts";
import { logSection, requireInstrument, touch, type EngineState } from "../state/engine-state.ts";
import { noteTick } from "./tick-judgement.ts";
import type { InstrumentMarket, InstrumentState } from "./instrument-state.ts";

const orNull = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value);

/** One tick of the columns, absent values null. */
type TickRow = {
  readonly flags: number;
  readonly venueTimeUs: number;
  readonly value0: number | null;
  readonly value1: number | null;
  readonly value2: number | null;
  readonly value3: number | null;
};

const applyQuote = (market: InstrumentMarket, { value0: bid, value1: bidSize, value2: ask, value3: askSize, venueTimeUs }: TickRow, nowUs: number): void => {
  market.bid = bid;
  market.bidSize = bidSize;
  market.ask = ask;
  market.askSize = askSize;
  market.quoteTimeUs = nowUs;
  market.quoteVenueTimeUs = venueTimeUs;
  if (bid === null || ask === null) return;
  market.midBid = bid;
  market.midAsk = ask;
  market.midTimeUs = nowUs;
  market.settlementMark = null;
};

/** A good two-sided quote or mark of an option makes its strike due for solving. */
const notePending = (state: EngineState, instrument: InstrumentState): void => {
  if (instrument.strikeKey === undefined || instrument.definition.kind !== "option") return;
  const strike = state.strikes.get(instrument.strikeKey);
  if (strike === undefined || !strike.watched) return;
  if (instrument.definition.putCall === "call") strike.callPending = true;
  else strike.putPending = true;
};

const applyQuoteTick = (state: EngineState, instrument: InstrumentState, row: TickRow, farShare: number): void => {
  const { market, fixedScale } = instrument;
  const { value0: bid, value2: ask, flags, venueTimeUs } = row;
  const price = bid === null || ask === null ? null : (bid + ask) / 2;
  noteTick(market.quoteReference, { price, crossed: false, venueTimeUs }, flags, { farShare, fixedScale });
  if (flags !== 0) return;
  applyQuote(market, row, state.facts.recordedTimeUs);
  if (price !== null) notePending(state, instrument);
};

const applyIndexTick = (state: EngineState, { value0: price, flags, venueTimeUs }: TickRow, farShare: number): void => {
  const { facts } = state;
  noteTick(facts.indexReference, { price, crossed: false, venueTimeUs }, flags, { farShare, fixedScale: null });
  if (flags === 0) facts.index = { price, timeUs: facts.recordedTimeUs };
  touch(state, logSection);
};

/** What a future or perpetual was last seen at, as a basis over the index known at that tick. */
const noteBasis = ({ facts: { index } }: EngineState, { definition, market }: InstrumentState, price: number | null): void => {
  if (definition.kind === "option" || price === null || index.price === null || index.timeUs === null) return;
  market.basis = price - index.price;
  market.basisTimeUs = index.timeUs;
};

const applyTradeTick = (state: EngineState, instrument: InstrumentState, { value0: price, flags, venueTimeUs }: TickRow, farShare: number): void => {
  const { market, fixedScale } = instrument;
  noteTick(market.tradeReference, { price, crossed: false, venueTimeUs }, flags, { farShare, fixedScale });
  if (flags !== 0) return;
  market.tradePrice = price;
  market.tradeTimeUs = state.facts.recordedTimeUs;
  noteBasis(state, instrument, price);
};

const applyMarkTick = (state: EngineState, instrument: InstrumentState, { value0: price, value1: vol, flags, venueTimeUs }: TickRow, farShare: number): void => {
  const { market, fixedScale } = instrument;
  noteTick(market.markReference, { price, crossed: false, venueTimeUs }, flags, { farShare, fixedScale });
  if (flags !== 0) return;
  market.venueMark = price;
  market.venueMarkTimeUs = state.facts.recordedTimeUs;
  market.venueMarkVol = vol;
  noteBasis(state, instrument, price);
  notePending(state, instrument);
};

/** Applies a batch of ticks in their order. Flagged ticks move the judgement of what follows, and nothing else. */
export const applyTicks = (state: EngineState, columns: TickColumns): void => {
  const farShare = state.facts.opening?.farShare ?? Infinity;
  const found: InstrumentState[] = [];
  for (let tick = 0; tick < columns.count; tick += 1) {
    const row: TickRow = {
      flags: columns.flags[tick] ?? 0,
      venueTimeUs: columns.venueTimeUs[tick] ?? 0,
      value0: orNull(columns.value0[tick]),
      value1: orNull(columns.value1[tick]),
      value2: orNull(columns.value2[tick]),
      value3: orNull(columns.value3[tick]),
    };
    const kind = tickKinds[columns.kind[tick] ?? 0];
    if (kind === "index") {
      applyIndexTick(state, row, farShare);
      continue;
    }
    const entry = columns.instrument[tick] ?? 0;
    let instrument = found[entry];
    if (instrument === undefined) {
      instrument = requireInstrument(state, columns.instruments[entry] ?? "");
      found[entry] = instrument;
      touch(state, instrument.section);
    }
    if (kind === "trade") applyTradeTick(state, instrument, row, farShare);
    else if (kind === "mark") applyMarkTick(state, instrument, row, farShare);
    else applyQuoteTick(state, instrument, row, farShare);
  }
};
