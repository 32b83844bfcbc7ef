import { figure } from "./greek-lines.ts";
import type { OptionTerms } from "./option-terms.ts";

const models = {
  black76: "Black-76",
  black_scholes: "Black–Scholes–Merton",
  american: "American (Andersen–Lake–Offengenden)",
  inverse: "Black-76, coin-settled",
} as const;
export type ModelName = keyof typeof models;

const percent = (share: number): string => `${figure(share * 100)} %`;

/** The option and how it is valued, in a line. */
export const describeOption = ({ putCall, strike, yearsToExpiry, rate, underlying }: OptionTerms, { model, vol }: { readonly model: ModelName; readonly vol?: number }): string =>
  [
    `${putCall} ${figure(strike)}`,
    `${underlying.kind} ${figure(underlying.price)}`,
    `${figure(yearsToExpiry * 365)} days`,
    ...(vol === undefined ? [] : [`vol ${percent(vol)}`]),
    ...(rate === 0 ? [] : [`rate ${percent(rate)}`]),
    ...(underlying.kind === "spot" && underlying.yield !== 0 ? [`yield ${percent(underlying.yield)}`] : []),
    models[model],
  ].join(", ");
