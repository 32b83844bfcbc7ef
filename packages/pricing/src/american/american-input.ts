import type { PutCall } from "../european/black.ts";
import type { PutInput } from "./deterministic-put.ts";

export type AmericanInput = {
  /** Quote currency per unit of underlying, >= 0. */
  readonly spot: number;
  /** Same unit as `spot`, >= 0. */
  readonly strike: number;
  /** ACT/365F, >= 0. */
  readonly yearsToExpiry: number;
  /** Annualised lognormal volatility, >= 0; 0.2 is 20 %. */
  readonly vol: number;
  /** Continuously compounded interest rate per year, of either sign. */
  readonly rate: number;
  /** Continuously compounded dividend or foreign yield per year, of either sign. */
  readonly yield: number;
  readonly putCall: PutCall;
};

/**
 * Put–call symmetry (McDonald and Schroder 1998): a call is the put on the strike struck at the spot, with rate and yield exchanged.
 * Writes that put per unit of its strike and returns the strike, which must not be 0.
 */
export const writeAsPut = (input: AmericanInput, put: PutInput): number => {
  const isCall = input.putCall === "call";
  const scale = isCall ? input.spot : input.strike;
  put.spot = (isCall ? input.strike : input.spot) / scale;
  put.yearsToExpiry = input.yearsToExpiry;
  put.vol = input.vol;
  put.rate = isCall ? input.yield : input.rate;
  put.yield = isCall ? input.rate : input.yield;
  return scale;
};
