import { blackScholesGreeks, blackScholesImpliedVol } from "@finality/pricing";
import { BlackScholes } from "@uqee/black-scholes";
import { blackScholes } from "black-scholes";
import * as greeks from "greeks";
import { getImpliedVolatility } from "implied-volatility";
import { Option } from "option-pricing";
import type { Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { uniformFrom } from "./grids.ts";

const COUNT = 2_000;
const RATE = 0.02;

type Terms = { readonly spot: number; readonly strike: number; readonly years: number; readonly vol: number; readonly price: number };

const terms = (): readonly Terms[] => {
  const uniform = uniformFrom(77);
  return Array.from({ length: COUNT }, () => {
    const drawn = { spot: 100, strike: 80 + 40 * uniform(), years: 0.1 + uniform(), vol: 0.15 + 0.5 * uniform() };
    return { ...drawn, price: blackScholesGreeks({ ...drawn, yearsToExpiry: drawn.years, rate: RATE, yield: 0, putCall: "call" }).price };
  });
};

const timeEach = (all: readonly Terms[], price: (terms: Terms) => number): number => {
  let sum = 0;
  return bestNanoseconds(all.length, () => {
    for (const each of all) sum += price(each);
    if (Number.isNaN(sum)) throw new Error("A result is NaN.");
  });
};

/** What npm offers for a price, for price and greeks, and for an implied vol; ours gives price and greeks at once. */
export const peers = async (): Promise<readonly Measurement[]> => {
  const all = terms();
  const ours = timeEach(all, ({ spot, strike, years, vol }) => blackScholesGreeks({ spot, strike, yearsToExpiry: years, vol, rate: RATE, yield: 0, putCall: "call" }).price);
  const vols = timeEach(all, ({ spot, strike, years, price }) => {
    const result = blackScholesImpliedVol({ spot, strike, yearsToExpiry: years, price, rate: RATE, yield: 0, putCall: "call" });
    return result.kind === "vol" ? result.vol : NaN;
  });
  const uqee = new BlackScholes({ sigmaToPricePrecision: "double" });
  const option = ({ spot, strike, years }: Terms) => ({ rate: RATE, strike, time: years, type: "call" as const, underlying: spot });
  return [
    beside("price and greeks beside black-scholes (price alone)", { value: ours, baseline: timeEach(all, ({ spot, strike, years, vol }) => blackScholes(spot, strike, years, vol, RATE, "call")) }),
    beside("price and greeks beside option-pricing (price alone)", {
      value: ours,
      baseline: timeEach(all, ({ spot, strike, years, vol }) =>
        new Option({ style: "european", type: "call", initialSpotPrice: spot, strikePrice: strike, timeToMaturity: years, volatility: vol, riskFreeRate: RATE }).price("bs"),
      ),
    }),
    beside("price and greeks beside greeks (five greeks, no price)", {
      value: ours,
      baseline: timeEach(all, ({ spot, strike, years, vol }) =>
        [greeks.getDelta, greeks.getGamma, greeks.getVega, greeks.getTheta, greeks.getRho].reduce((sum, greek) => sum + greek(spot, strike, years, vol, RATE, "call"), 0),
      ),
    }),
    beside("price and greeks beside @uqee/black-scholes", { value: ours, baseline: timeEach(all, (each) => uqee.option({ ...option(each), sigma: each.vol }).price) }),
    beside("implied vol beside implied-volatility (to a cent)", { value: vols, baseline: timeEach(all, ({ price, spot, strike, years }) => getImpliedVolatility(price, spot, strike, years, RATE, "call")) }),
    beside("implied vol beside @uqee/black-scholes (to 0.001)", { value: vols, baseline: timeEach(all, (each) => uqee.sigma({ ...option(each), price: each.price })) }),
  ];
};
