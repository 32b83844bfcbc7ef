import type { OptionInstrument } from "@finality/contracts";
import { yearsToExpiry } from "@finality/domain";
import { fitSvi, impliedVolInterval, logRatio, PricingError, type SmileQuote, type SviFit } from "@finality/pricing";
import { touch, type EngineState } from "../state/engine-state.ts";
import { forwardOf, type Forward } from "./forward.ts";
import type { InstrumentState } from "./instrument-state.ts";
import type { FittedSmile, SmileState } from "./smile-state.ts";
import type { StrikeState } from "./strike-state.ts";

/** A smile is fitted at the first input this long after the last attempt. */
const INTERVAL_US = 60_000_000;
/** Quotes older than this say nothing about the present smile. */
const QUOTE_AGE_MAX_US = 300_000_000;
/** A smile has five parameters. */
const STRIKES_MIN = 5;

export const smileSection = (key: string): string => `smile/${key}`;

/** A strike's key without its price: what the strikes of one smile share. */
const smileKeyOf = (strikeKey: string): string => strikeKey.slice(0, strikeKey.lastIndexOf("|"));

/** Adds a new strike to the smile of its expiry. */
export const listInSmile = (state: EngineState, strike: StrikeState): void => {
  const key = smileKeyOf(strike.key);
  const smile: SmileState = state.smiles.get(key) ?? { key, expiryUs: strike.expiryUs, strikes: [], watched: false, attemptedUs: null, fitted: null, refused: null };
  smile.strikes.push(strike.key);
  state.smiles.set(key, smile);
  touch(state, smileSection(key));
};

/** A book has a position in one of its strikes: the smile is fitted from now on. */
export const watchSmile = (state: EngineState, strikeKey: string): void => {
  const smile = state.smiles.get(smileKeyOf(strikeKey));
  if (smile === undefined || smile.watched) return;
  smile.watched = true;
  touch(state, smileSection(smile.key));
};

type Leg = { readonly option: OptionInstrument; readonly instrument: InstrumentState };

const legOf = (state: EngineState, name: string | null): Leg | undefined => {
  const instrument = name === null ? undefined : state.instruments.get(name);
  return instrument?.definition.kind === "option" ? { option: instrument.definition, instrument } : undefined;
};

/** Bid and ask vol of the out-of-the-money leg's last quote, if it is fresh and two-sided; undefined where a side has no vol. */
const quoteOf = (state: EngineState, strike: StrikeState, forward: number): SmileQuote | undefined => {
  const leg = legOf(state, forward <= strike.strike ? strike.call : strike.put);
  if (leg === undefined) return undefined;
  const { midBid, midAsk, midTimeUs } = leg.instrument.market;
  if (midBid === null || midAsk === null || midTimeUs === null || state.facts.recordedTimeUs - midTimeUs > QUOTE_AGE_MAX_US) return undefined;
  // An inverse option's price is in coin: times the forward it is the undiscounted Black-76 price.
  const unit = leg.option.settlement === "inverse" ? forward : 1;
  const years = yearsToExpiry(midTimeUs, strike.expiryUs);
  const vols = impliedVolInterval({ forward, strike: strike.strike, yearsToExpiry: years, putCall: leg.option.putCall, bid: midBid * unit, ask: midAsk * unit });
  return vols.kind === "interval" ? { logMoneyness: logRatio(strike.strike, forward), bidVol: vols.low.vol, askVol: vols.high.vol } : undefined;
};

const fittedOf = (fit: Extract<SviFit, { kind: "fitted" }>, at: Omit<FittedSmile, "svi" | "quotesUsed" | "quotesLeftOut" | "rmsVolPoints" | "maxVolPoints" | "rmsWidths" | "maxWidths" | "repairs">): FittedSmile => ({
  ...at,
  svi: fit.svi,
  quotesUsed: fit.error.quotesUsed,
  quotesLeftOut: fit.error.quotesLeftOut,
  rmsVolPoints: fit.error.rmsVolPoints,
  maxVolPoints: fit.error.maxVolPoints,
  rmsWidths: fit.error.rmsWidths,
  maxWidths: fit.error.maxWidths,
  repairs: fit.repairs.length,
});

const forwardOfSmile = (state: EngineState, smile: SmileState): Forward | undefined => {
  const strike = state.strikes.get(smile.strikes[0] ?? "");
  const leg = strike === undefined ? undefined : (legOf(state, strike.call) ?? legOf(state, strike.put));
  return leg === undefined ? undefined : forwardOf(state, leg.option);
};

/** The reason for no smile, or undefined when one was fitted. */
const attempt = (state: EngineState, smile: SmileState): string | undefined => {
  if (smile.strikes.length < STRIKES_MIN) return "too_few_strikes";
  const forward = forwardOfSmile(state, smile);
  if (forward === undefined) return "no_forward";
  const years = yearsToExpiry(state.facts.recordedTimeUs, smile.expiryUs);
  const strikes = smile.strikes.flatMap((key) => state.strikes.get(key) ?? []);
  const quotes = strikes.flatMap((strike) => quoteOf(state, strike, forward.price) ?? []);
  if (quotes.length < STRIKES_MIN) return "too_few_quotes";
  const fit = fitSvi({ quotes, yearsToExpiry: years });
  if (fit.kind === "refused") return fit.reason;
  smile.fitted = fittedOf(fit, { forward: forward.price, yearsToExpiry: years, timeUs: state.facts.recordedTimeUs });
  return undefined;
};

const refresh = (state: EngineState, smile: SmileState): void => {
  smile.attemptedUs = state.facts.recordedTimeUs;
  try {
    smile.refused = attempt(state, smile) ?? null;
  } catch (error) {
    // Quotes that pricing refuses leave the old smile, and say so; they must not stop the log.
    if (!(error instanceof PricingError)) throw error;
    smile.refused = error.code;
  }
  touch(state, smileSection(smile.key));
};

/** Once after each input: fits the smiles that are due. A function of the state and its time alone, so that every replay fits the same. */
export const refreshSmiles = (state: EngineState): void => {
  const { recordedTimeUs } = state.facts;
  for (const smile of state.smiles.values()) {
    if (!smile.watched || smile.expiryUs <= recordedTimeUs) continue;
    if (smile.attemptedUs === null || recordedTimeUs - smile.attemptedUs >= INTERVAL_US) refresh(state, smile);
  }
};
