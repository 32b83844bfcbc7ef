import { americanImpliedVol, blackScholesImpliedVol, discountedImpliedVol, exp, impliedVol, impliedVolInterval, type AmericanImpliedVolResult, type ImpliedVolInterval } from "@finality/pricing";
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

/** The volatility behind one price. */
const solvePrice = ({ putCall, strike, yearsToExpiry, rate, underlying, american, coin }: OptionTerms, price: number): AmericanImpliedVolResult => {
  const option = { putCall, strike, yearsToExpiry };
  if (underlying.kind === "spot") {
    const input = { ...option, spot: underlying.price, rate, yield: underlying.yield, price };
    return american ? americanImpliedVol(input) : blackScholesImpliedVol(input);
  }
  const forward = underlying.price;
  return coin ? impliedVol({ ...option, forward, price: price * forward }) : discountedImpliedVol({ ...option, forward, price, discountFactor: exp(-rate * yearsToExpiry) });
};

/** Forward of the option, and what turns a price paid now into an undiscounted one in quote currency. */
const forwardTerms = ({ underlying, rate, yearsToExpiry, coin }: OptionTerms): { readonly forward: number; readonly unit: number } => {
  const growth = exp(rate * yearsToExpiry);
  if (underlying.kind === "spot") return { forward: underlying.price * exp((rate - underlying.yield) * yearsToExpiry), unit: growth };
  return { forward: underlying.price, unit: coin ? underlying.price : growth };
};

const solve = (terms: OptionTerms, { price, bid, ask }: IvOptions): ImpliedVolInterval | AmericanImpliedVolResult => {
  if (price !== undefined) return solvePrice(terms, price);
  if (terms.american) throw new CliError("usage", "--american goes with --price.");
  const { strike, yearsToExpiry, putCall } = terms;
  const { forward, unit } = forwardTerms(terms);
  return impliedVolInterval({
    forward, strike, yearsToExpiry, putCall,
    ...(bid === undefined ? {} : { bid: bid * unit }),
    ...(ask === undefined ? {} : { ask: ask * unit }),
  });
};

const percent = (vol: number): string => (vol === Infinity ? "without an upper end" : `${figure(vol * 100)} %`);

const lineOf = (result: ReturnType<typeof solve>): string => {
  if (result.kind === "vol") return `implied vol  ${percent(result.vol)}`;
  if (result.kind !== "interval") return refusals[result.kind];
  return `implied vol  bid ${percent(result.low.vol)} (${result.low.reason.replaceAll("_", " ")}), ask ${percent(result.high.vol)} (${result.high.reason.replaceAll("_", " ")})`;
};

/** The volatility behind a price, or behind a bid and an ask. Exit code 5 when there is none. */
export const runImpliedVol = (putCall: string | undefined, options: IvOptions): ExitCode => {
  if ((options.price === undefined) === (options.bid === undefined && options.ask === undefined)) {
    throw new CliError("usage", "Give --price, or --bid and --ask (or one of these two).");
  }
  const terms = termsOf(putCall, options);
  const result = solve(terms, options);
  const line = lineOf(result);
  if (options.json === true) printJson({ option: terms, result, text: line });
  else printData(`${describeOption(terms, { model: terms.american ? "american" : terms.coin ? "inverse" : terms.underlying.kind === "spot" ? "black_scholes" : "black76" })}\n\n${line}`);
  return result.kind === "vol" || result.kind === "interval" ? exitCodes.ok : exitCodes.validation;
};
