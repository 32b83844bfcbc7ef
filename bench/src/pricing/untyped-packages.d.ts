// npm packages without types of their own, as far as the benchmark calls them. Times in years, rates and vols per 1.00.

declare module "black-scholes" {
  export const blackScholes: (spot: number, strike: number, years: number, vol: number, rate: number, putCall: "call" | "put") => number;
}

declare module "greeks" {
  type Greek = (spot: number, strike: number, years: number, vol: number, rate: number, putCall: "call" | "put") => number;
  export const getDelta: Greek;
  export const getGamma: Greek;
  export const getVega: Greek;
  export const getTheta: Greek;
  export const getRho: Greek;
}

declare module "implied-volatility" {
  export const getImpliedVolatility: (price: number, spot: number, strike: number, years: number, rate: number, putCall: "call" | "put") => number;
}

declare module "option-pricing" {
  export class Option {
    constructor(terms: {
      readonly style: "european" | "american";
      readonly type: "call" | "put";
      readonly initialSpotPrice: number;
      readonly strikePrice: number;
      readonly timeToMaturity: number;
      readonly volatility: number;
      readonly riskFreeRate: number;
    });
    price(method: "bs" | "bt", settings?: { readonly timeSteps: number }): number;
  }
}
