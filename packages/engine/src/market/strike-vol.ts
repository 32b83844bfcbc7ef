import type { OptionInstrument } from "@finality/contracts";
import { yearsToExpiry } from "@finality/domain";
import { impliedVol, PricingError, type ImpliedVolResult } from "@finality/pricing";
import { touch, type EngineState } from "../state/engine-state.ts";
import { forwardOf, refreshBasis } from "./forward.ts";
import { midOf, type InstrumentState } from "./instrument-state.ts";
import { refreshSmiles, watchSmile } from "./smile.ts";
import type { StrikeState, VolSource } from "./strike-state.ts";

export const strikeSection = (key: string): string => `strike/${key}`;

type Leg = { readonly option: OptionInstrument; readonly instrument: InstrumentState };

const legOf = (state: EngineState, name: string | null): Leg | undefined => {
  const instrument = name === null ? undefined : state.instruments.get(name);
  return instrument?.definition.kind === "option" ? { option: instrument.definition, instrument } : undefined;
};

/** A leg's newest price: its two-sided quote's mid, or a newer mark of the venue. */
type LegPrice = { readonly price: number; readonly timeUs: number; readonly source: VolSource; readonly vol: number | null };

/** Of a quote and a mark of one record the quote is taken. Undefined before the first of either. */
const newestPrice = ({ market }: InstrumentState): LegPrice | undefined => {
  const { midTimeUs, venueMark, venueMarkTimeUs, venueMarkVol } = market;
  const mid = midOf(market);
  if (venueMark !== null && venueMarkTimeUs !== null && (midTimeUs === null || venueMarkTimeUs > midTimeUs)) {
    return { price: venueMark, timeUs: venueMarkTimeUs, source: "mark", vol: venueMarkVol };
  }
  return mid === undefined || midTimeUs === null ? undefined : { price: mid, timeUs: midTimeUs, source: "quote", vol: null };
};

type PricedLeg = { readonly option: OptionInstrument; readonly newest: LegPrice };

const pricedLeg = (state: EngineState, name: string | null): PricedLeg | undefined => {
  const leg = legOf(state, name);
  const newest = leg === undefined ? undefined : newestPrice(leg.instrument);
  return leg === undefined || newest === undefined ? undefined : { option: leg.option, newest };
};

/** The out-of-the-money leg, whose price is all time value; the other one where that one is not listed or never had a price. */
const informativeLeg = (state: EngineState, strike: StrikeState, forward: number): PricedLeg | undefined => {
  const [first, second] = forward <= strike.strike ? [strike.call, strike.put] : [strike.put, strike.call];
  return pricedLeg(state, first) ?? pricedLeg(state, second);
};

type Solved = ImpliedVolResult | { readonly kind: "vol"; readonly vol: number } | { readonly kind: "failed" };

/** The vol that a mark carries, as it is; else the price inverted on the forward. */
const volOf = (strike: StrikeState, { option, newest }: PricedLeg, forward: number): Solved => {
  if (newest.vol !== null) return { kind: "vol", vol: newest.vol };
  // An inverse option's price is in coin: times the forward it is the undiscounted Black-76 price.
  const price = option.settlement === "inverse" ? newest.price * forward : newest.price;
  const input = { forward, strike: strike.strike, yearsToExpiry: yearsToExpiry(newest.timeUs, strike.expiryUs), price, putCall: option.putCall };
  try {
    return impliedVol(input);
  } catch (error) {
    // Arguments out of range are a strike without a vol, which its books state; they must not stop the log.
    if (error instanceof PricingError) return { kind: "failed" };
    throw error;
  }
};

/** Takes the vol of one leg's newest price; keeps the old vol, with its time, when the price has none. */
const solveFrom = (strike: StrikeState, leg: PricedLeg, forward: number): void => {
  const solved = volOf(strike, leg, forward);
  if (solved.kind === "vol") {
    strike.vol = solved.vol;
    strike.volTimeUs = leg.newest.timeUs;
    strike.volSource = leg.newest.source;
    strike.unsolved = null;
  } else {
    strike.unsolved = solved.kind;
  }
};

/** Solves the vol of a strike if its informative leg was priced since the last solve. Between prices the vol stays (sticky strike). */
const refreshVol = (state: EngineState, strike: StrikeState): void => {
  const some = legOf(state, strike.call) ?? legOf(state, strike.put);
  const forward = some === undefined ? undefined : forwardOf(state, some.option);
  if (forward === undefined) return;
  const leg = informativeLeg(state, strike, forward.price);
  if (leg !== undefined && (leg.option.putCall === "call" ? strike.callPending : strike.putPending)) solveFrom(strike, leg, forward.price);
  strike.callPending = false;
  strike.putPending = false;
  touch(state, strikeSection(strike.key));
};

/** Once after each input, when all its ticks are applied: bases, then vols, then smiles, of what books hold. */
export const refreshMarket = (state: EngineState): void => {
  for (const parity of state.watchedParities.values()) refreshBasis(state, parity);
  for (const strike of state.watchedStrikes.values()) if (strike.callPending || strike.putPending) refreshVol(state, strike);
  refreshSmiles(state);
};

/** A book has a position in this option: its strike is solved from now on, at once with the prices that are there. */
export const watchStrike = (state: EngineState, instrument: InstrumentState): void => {
  const strike = instrument.strikeKey === undefined ? undefined : state.strikes.get(instrument.strikeKey);
  if (strike === undefined || strike.watched) return;
  strike.watched = true;
  strike.callPending = true;
  strike.putPending = true;
  state.watchedStrikes.set(strike.key, strike);
  watchSmile(state, strike.key);
  touch(state, strikeSection(strike.key));
  const parity = strike.parityKey === null ? undefined : state.parities.get(strike.parityKey);
  if (parity !== undefined) state.watchedParities.set(parity.key, parity);
};
