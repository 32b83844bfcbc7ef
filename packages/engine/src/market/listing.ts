import type { Instrument, OptionInstrument } from "@finality/contracts";
import { touch, type EngineState } from "../state/engine-state.ts";
import { paritySection, parityKeyOf } from "./forward.ts";
import { expiryOf, newInstrumentState, type InstrumentState } from "./instrument-state.ts";
import { listInSmile } from "./smile.ts";
import type { StrikeState } from "./strike-state.ts";
import { strikeSection } from "./strike-vol.ts";

const listInParity = (state: EngineState, key: string, strike: StrikeState): void => {
  const parity = state.parities.get(key) ?? { key, strikes: [], basis: null, basisTimeUs: null };
  const strikeOf = (strikeKey: string): number => state.strikes.get(strikeKey)?.strike ?? 0;
  const before = parity.strikes.findIndex((other) => strikeOf(other) > strike.strike);
  parity.strikes.splice(before === -1 ? parity.strikes.length : before, 0, strike.key);
  state.parities.set(key, parity);
  touch(state, paritySection(key));
};

const listStrike = (state: EngineState, key: string, option: OptionInstrument): void => {
  let strike = state.strikes.get(key);
  if (strike === undefined) {
    const parityKey = parityKeyOf(option);
    strike = {
      key,
      parityKey,
      strike: Number(option.strike),
      expiryUs: option.expiryUs,
      call: null,
      put: null,
      watched: false,
      callPending: false,
      putPending: false,
      vol: null,
      volTimeUs: null,
      volSource: null,
      unsolved: null,
    };
    state.strikes.set(key, strike);
    if (parityKey !== null) listInParity(state, parityKey, strike);
    listInSmile(state, strike);
  }
  // Of two series with equal terms the first one listed gives the vol.
  strike[option.putCall] ??= option.instrument;
  touch(state, strikeSection(key));
};

/** Adds an instrument and, of an option, its strike. */
export const listInstrument = (state: EngineState, definition: Instrument): void => {
  const instrument = newInstrumentState(definition);
  state.instruments.set(definition.instrument, instrument);
  touch(state, instrument.section);
  if (definition.kind === "option" && instrument.strikeKey !== undefined) listStrike(state, instrument.strikeKey, definition);
  noteExpiry(state, instrument);
};

/** Keeps the earliest expiry that is still to be recorded. */
export const noteExpiry = (state: EngineState, { definition, market }: InstrumentState): void => {
  const expiryUs = expiryOf(definition);
  if (expiryUs !== undefined && !market.expired) state.nextExpiryUs = Math.min(state.nextExpiryUs, expiryUs);
};
