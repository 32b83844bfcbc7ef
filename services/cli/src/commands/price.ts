import {
  americanGreeks,
  blackFullGreeks,
  blackScholesFullGreeks,
  inverseOptionGreeks,
  type AmericanGreeks,
  type FullGreeks,
  type InverseOptionGreeks,
} from "@finality/pricing";
import { printData, printJson } from "../output.ts";
import { describeOption } from "../pricing/describe-option.ts";
import { greekLines } from "../pricing/greek-lines.ts";
import { termsOf, type OptionTerms, type TermsOptions } from "../pricing/option-terms.ts";

type Priced =
  | { readonly model: "black76" | "black_scholes"; readonly greeks: FullGreeks }
  | { readonly model: "american"; readonly greeks: AmericanGreeks }
  | { readonly model: "inverse"; readonly greeks: InverseOptionGreeks };

const priceOf = (terms: OptionTerms, vol: number): Priced => {
  const { underlying, ...option } = terms;
  if (underlying.kind === "forward") {
    const input = { ...option, forward: underlying.price, vol };
    if (!terms.coin) return { model: "black76", greeks: blackFullGreeks(input) };
    return { model: "inverse", greeks: inverseOptionGreeks(input) };
  }
  const input = { ...option, spot: underlying.price, yield: underlying.yield, vol };
  return terms.american ? { model: "american", greeks: americanGreeks(input) } : { model: "black_scholes", greeks: blackScholesFullGreeks(input) };
};

/** Price and greeks of one option. */
export const runPrice = (putCall: string | undefined, options: TermsOptions & { readonly vol: number }): void => {
  const terms = termsOf(putCall, options);
  const { model, greeks } = priceOf(terms, options.vol);
  if (options.json === true) printJson({ option: { ...terms, vol: options.vol }, model, ...greeks });
  else printData(`${describeOption(terms, { model, vol: options.vol })}\n\n${greekLines(greeks)}`);
};
