import { americanImpliedVol, impliedVolInterval, type AmericanImpliedVolResult, type ImpliedVolInterval } from "@finality/pricing";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { printData, printJson } from "../output.ts";
import { describeOption } from "../pricing/describe-option.ts";
import { figure } from "../pricing/greek-lines.ts";
import { termsOf, type OptionTerms, type TermsOptions } from "../pricing/option-terms.ts";

type IvOptions = TermsOptions & { readonly price?: number; readonly bid?: number; readonly ask?: number };

/** In words, why a price has no volatility. */
const refusals: Readonly<Record<Exclude<AmericanImpliedVolResult["kind"] | ImpliedVolInterval["kind"], "vol" | "interval">, string>> = {
  below_intrinsic: "no volatility: the price is below the intrinsic value",
  above_maximum: "no volatility: the price is at or above what an infinite volatility gives",
  no_solution: "no volatility: a time value at expiry, or more than any volatility gives",
  exercise_value: "no single volatility: the price is the value of exercising now",
  crossed: "no volatility: the bid is above the ask",
};

/** Forward and undiscounted unit of the prices: what Black-76 is inverted on. */
const forwardTerms = ({ underlying, rate, yearsToExpiry, coin }: OptionTerms): { readonly forward: number; readonly unit: number } => {
  const growth = Math.exp(rate * yearsToExpiry);
  if (underlying.kind === "spot") return { forward: underlying.price * Math.exp((rate - underlying.yield) * yearsToExpiry), unit: growth };
  return { forward: underlying.price, unit: coin ? underlying.price : growth };
};

const solve = (terms: OptionTerms, { price, bid, ask }: IvOptions): ImpliedVolInterval | AmericanImpliedVolResult => {
  const { strike, yearsToExpiry, putCall, rate, underlying } = terms;
  if (terms.american) {
    if (price === undefined || underlying.kind !== "spot") throw new CliError("usage", "--american goes with --price and --spot.");
    return americanImpliedVol({ spot: underlying.price, strike, yearsToExpiry, rate, yield: underlying.yield, price, putCall });
  }
  const { forward, unit } = forwardTerms(terms);
  const sides = price === undefined ? { bid, ask } : { bid: price, ask: price };
  return impliedVolInterval({
    forward, strike, yearsToExpiry, putCall,
    ...(sides.bid === undefined ? {} : { bid: sides.bid * unit }),
    ...(sides.ask === undefined ? {} : { ask: sides.ask * unit }),
  });
};

const percent = (vol: number): string => (vol === Infinity ? "without an upper end" : `${figure(vol * 100)} %`);

const lineOf = (result: ReturnType<typeof solve>, { price }: IvOptions): string => {
  if (result.kind === "vol") return `implied vol  ${percent(result.vol)}`;
  if (result.kind !== "interval") return refusals[result.kind];
  // One price is an interval of one point; what keeps it from being a vol stands in its ends.
  if (price !== undefined) return result.low.reason === "quoted" ? `implied vol  ${percent(result.low.vol)}` : refusals[result.high.reason === "quoted" || result.high.reason === "expired" || result.high.reason === "no_quote" ? "no_solution" : result.high.reason];
  return `implied vol  bid ${percent(result.low.vol)} (${result.low.reason.replaceAll("_", " ")}), ask ${percent(result.high.vol)} (${result.high.reason.replaceAll("_", " ")})`;
};

/** The volatility behind a price, or behind a bid and an ask. Exit code 5 when there is none. */
export const runImpliedVol = (putCall: string | undefined, options: IvOptions): ExitCode => {
  if ((options.price === undefined) === (options.bid === undefined && options.ask === undefined)) {
    throw new CliError("usage", "Give --price, or --bid and --ask (or one of these two).");
  }
  const terms = termsOf(putCall, options);
  const result = solve(terms, options);
  const line = lineOf(result, options);
  if (options.json === true) printJson({ option: terms, result, text: line });
  else printData(`${describeOption(terms, { model: terms.american ? "american" : terms.coin ? "inverse" : terms.underlying.kind === "spot" ? "black_scholes" : "black76" })}\n\n${line}`);
  return line.startsWith("implied vol") ? exitCodes.ok : exitCodes.validation;
};
