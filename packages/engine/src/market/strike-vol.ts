import type { OptionInstrument } from "@finality/contracts";
import { yearsToExpiry } from "@finality/domain";
import { impliedVol, PricingError, type ImpliedVolResult } from "@finality/pricing";
import { touch, type EngineState } from "../state/engine-state.ts";
import { forwardOf, refreshBasis } from "./forward.ts";
import { midOf, type InstrumentState } from "./instrument-state.ts";
import { refreshSmiles, watchSmile } from "./smile.ts";
import type { StrikeState } from "./strike-state.ts";

export const strikeSection = (key: string): string => `strike/${key}`;

type Leg = { readonly option: OptionInstrument; readonly instrument: InstrumentState };

const legOf = (state: EngineState, name: string | null): Leg | undefined => {
  const instrument = name === null ? undefined : state.instruments.get(name);
  return instrument?.definition.kind === "option" ? { option: instrument.definition, instrument } : undefined;
};

/** The out-of-the-money leg, whose price is all time value; the only leg where the other is not listed. */
const informativeLeg = (state: EngineState, strike: StrikeState, forward: number): Leg | undefined => {
  const [first, second] = forward <= strike.strike ? [strike.call, strike.put] : [strike.put, strike.call];
  return legOf(state, first) ?? legOf(state, second);
};

/** Inverts one leg's mid, quoted at `timeUs`. */
const invert = (strike: StrikeState, { option }: Leg, mid: number, quoted: { readonly timeUs: number; readonly forward: number }): ImpliedVolResult | { readonly kind: "failed" } => {
  const { timeUs, forward } = quoted;
  // An inverse option's price is in coin: times the forward it is the undiscounted Black-76 price.
  const price = option.settlement === "inverse" ? mid * forward : mid;
  const input = { forward, strike: strike.strike, yearsToExpiry: yearsToExpiry(timeUs, strike.expiryUs), price, putCall: option.putCall };
  try {
    return impliedVol(input);
  } catch (error) {
    // Arguments out of range are a strike without a vol, which its books state; they must not stop the log.
    if (error instanceof PricingError) return { kind: "failed" };
    throw error;
  }
};

/** Solves from one leg's mid; keeps the old vol, with its time, when the price has none. */
const solveFrom = (strike: StrikeState, leg: Leg, forward: number): void => {
  const { market } = leg.instrument;
  const mid = midOf(market);
  if (mid === undefined || market.midTimeUs === null) return;
  const result = invert(strike, leg, mid, { timeUs: market.midTimeUs, forward });
  if (result.kind === "vol") {
    strike.vol = result.vol;
    strike.volTimeUs = market.midTimeUs;
    strike.unsolved = null;
  } else {
    strike.unsolved = result.kind;
  }
};

/** Solves the vol of a strike if its informative leg was quoted since the last solve. Between quotes the vol stays (sticky strike). */
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

/** A book has a position in this option: its strike is solved from now on, at once with the quotes that are there. */
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
