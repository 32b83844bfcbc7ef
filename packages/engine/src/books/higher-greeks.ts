import { newFullGreeks, writeBlackFullGreeks } from "@finality/pricing";
import { requireInstrument, type EngineState } from "../state/engine-state.ts";
import type { BookState } from "./book-state.ts";

/**
 * A book's greeks beyond gamma, vega and theta, to third order, with respect to the forwards; vol and years per 1.00. Whatever is per
 * year is the change as calendar time passes. Units: docs/units.md.
 */
export type HigherGreeks = {
  /** Options' delta less their value in coin, in coins: what keeps the book's value in coin. Null for a book without coin-settled options. */
  readonly premiumAdjustedDelta: number | null;
  readonly vanna: number;
  readonly volga: number;
  readonly charmPerYear: number;
  readonly vetaPerYear: number;
  readonly speed: number;
  readonly zomma: number;
  readonly colorPerYear: number;
  readonly ultima: number;
};

const greeks = newFullGreeks();

/**
 * Sums the higher greeks over the options of the book's last valuation, at the forwards and vols that it used. Null while a valuation is not known.
 * Reads only, and only where a person looks: no decision rests on it, so that the fold does not pay for it.
 */
export const higherGreeks = (state: EngineState, book: BookState): HigherGreeks | null => {
  const { valuation } = book.facts;
  if (valuation.optionDelta === null) return null;
  let coinSettled = false;
  let [adjusted, vanna, volga, charm, veta, speed, zomma, color, ultima] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const { instrument: name, forward, vol, yearsToExpiry } of valuation.vols) {
    const { definition } = requireInstrument(state, name);
    const contracts = book.positions.get(name)?.contracts ?? 0;
    if (definition.kind !== "option") continue;
    writeBlackFullGreeks({ forward, strike: Number(definition.strike), yearsToExpiry, vol, rate: 0, putCall: definition.putCall }, greeks);
    if (definition.settlement === "inverse") {
      coinSettled = true;
      adjusted += contracts * (greeks.delta - greeks.price / forward);
    }
    vanna += contracts * greeks.vannaPerUnitVol;
    volga += contracts * greeks.volgaPerUnitVol;
    charm += contracts * greeks.charmPerYear;
    veta += contracts * greeks.vetaPerYear;
    speed += contracts * greeks.speed;
    zomma += contracts * greeks.zommaPerUnitVol;
    color += contracts * greeks.colorPerYear;
    ultima += contracts * greeks.ultimaPerUnitVol;
  }
  return {
    premiumAdjustedDelta: coinSettled ? adjusted : null,
    vanna, volga, charmPerYear: charm, vetaPerYear: veta, speed, zomma, colorPerYear: color, ultima,
  };
};
