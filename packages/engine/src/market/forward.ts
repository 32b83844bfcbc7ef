import type { OptionInstrument } from "@finality/contracts";
import type { EngineState } from "../state/engine-state.ts";
import { touch } from "../state/engine-state.ts";
import { midOf, type InstrumentMarket } from "./instrument-state.ts";
import type { ParityState, StrikeState } from "./strike-state.ts";

export type Forward = {
  readonly price: number;
  /** Recorded time of the oldest thing that it was made from. */
  readonly timeUs: number;
};

/** Both legs and the index count as one moment when their recorded times lie within this. */
const parityWindowUs = 1_000_000;

/** A future of months may trade every few minutes: its basis over the index is carried this long before it counts as old. */
const basisAgeMaxUs = 3_600_000_000;

export const parityKeyOf = (option: OptionInstrument): string | null =>
  option.forward.source === "parity" ? `${String(option.expiryUs).padStart(16, "0")}|${option.settlement}` : null;

export const paritySection = (key: string): string => `parity/${key}`;

/**
 * Forward of a listed future: its mid, once it was quoted. A future without quotes was last seen at a mark or trade, and since then
 * follows the index at the basis it had there; that basis makes the forward old only when it is older than `basisAgeMaxUs`.
 */
const futureForward = ({ facts: { index, recordedTimeUs } }: EngineState, market: InstrumentMarket): Forward | undefined => {
  const mid = midOf(market);
  if (mid !== undefined) return market.midTimeUs === null ? undefined : { price: mid, timeUs: market.midTimeUs };
  const { basis, basisTimeUs } = market;
  if (basis === null || basisTimeUs === null || index.price === null || index.timeUs === null) return undefined;
  const price = index.price + basis;
  if (price <= 0) return undefined;
  return { price, timeUs: recordedTimeUs - basisTimeUs > basisAgeMaxUs ? Math.min(index.timeUs, basisTimeUs) : index.timeUs };
};

/** Forward of an option's expiry; undefined while something that it is made from was never known. */
export const forwardOf = (state: EngineState, option: OptionInstrument): Forward | undefined => {
  const { index } = state.facts;
  if (option.forward.source === "future") {
    const market = state.instruments.get(option.forward.instrument)?.market;
    return market === undefined ? undefined : futureForward(state, market);
  }
  if (index.price === null || index.timeUs === null) return undefined;
  if (option.forward.source === "index") return { price: index.price, timeUs: index.timeUs };
  const parity = state.parities.get(parityKeyOf(option) ?? "");
  if (parity === undefined || parity.basis === null || parity.basisTimeUs === null) return undefined;
  return { price: index.price + parity.basis, timeUs: Math.min(index.timeUs, parity.basisTimeUs) };
};

/** The name that a missing or stale forward is reported under. */
export const forwardSubject = (state: EngineState, option: OptionInstrument): string =>
  option.forward.source === "future" ? option.forward.instrument : state.facts.log;

type Pair = { readonly forward: number; readonly timeUs: number };

/** Put–call parity at rate 0, of mids. Inverse prices are in coin: call - put = 1 - strike / forward. */
const parityForward = (strike: number, callMinusPut: number, inverse: boolean): number =>
  inverse ? strike / (1 - callMinusPut) : strike + callMinusPut;

/** Forward by the pair of one strike, if its legs and the index are of one moment. */
const pairForward = (state: EngineState, strike: StrikeState, indexTimeUs: number): Pair | undefined => {
  const call = strike.call === null ? undefined : state.instruments.get(strike.call);
  const put = strike.put === null ? undefined : state.instruments.get(strike.put);
  if (call === undefined || put === undefined) return undefined;
  const callMid = midOf(call.market);
  const putMid = midOf(put.market);
  const { midTimeUs: callTimeUs } = call.market;
  const { midTimeUs: putTimeUs } = put.market;
  if (callMid === undefined || putMid === undefined || callTimeUs === null || putTimeUs === null) return undefined;
  const oldestUs = Math.min(callTimeUs, putTimeUs, indexTimeUs);
  if (Math.max(callTimeUs, putTimeUs, indexTimeUs) - oldestUs > parityWindowUs) return undefined;
  const forward = parityForward(strike.strike, callMid - putMid, call.definition.settlement === "inverse");
  return forward > 0 && forward < Infinity ? { forward, timeUs: oldestUs } : undefined;
};

/**
 * Takes the basis of one expiry from the pair nearest the money (the lower strike of two equally near) whose legs and the index
 * are of one moment. Without such a pair the old basis stays, with its time.
 */
export const refreshBasis = (state: EngineState, parity: ParityState): void => {
  const { price: index, timeUs: indexTimeUs } = state.facts.index;
  if (index === null || indexTimeUs === null) return;
  let nearest = Infinity;
  let found: Pair | undefined;
  for (const key of parity.strikes) {
    const strike = state.strikes.get(key);
    if (strike === undefined) continue;
    const distance = Math.abs(strike.strike - index);
    if (distance >= nearest) continue;
    const pair = pairForward(state, strike, indexTimeUs);
    if (pair === undefined) continue;
    nearest = distance;
    found = pair;
  }
  if (found === undefined) return;
  parity.basis = found.forward - index;
  parity.basisTimeUs = found.timeUs;
  touch(state, paritySection(parity.key));
};
