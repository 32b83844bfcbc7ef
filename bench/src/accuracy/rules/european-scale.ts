/** What the sizes of a greek's cancelling terms are made of; units as in the tables: vol, year and rate per 1.00. */
export type GreekTerms = {
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly yield: number;
  readonly vol: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly rho: number;
};

/**
 * Each greek's own expression with the absolute value of every term: where terms cancel, an error of 1e-15 of this is what double
 * precision can give. 0 for greeks without a difference in them.
 */
export const greekScales = (terms: GreekTerms): Readonly<Record<string, number>> => {
  const { spot, strike, years, vol, gamma, vega } = terms;
  const carry = Math.abs(terms.rate - terms.yield);
  const assetYield = Math.abs(terms.yield);
  const total = vol * Math.sqrt(years);
  // |d1| and |d2| with both of their terms positive.
  const d = (Math.abs(Math.log(spot / strike)) + carry * years) / total + total / 2;
  const density = vega / (spot * Math.sqrt(years));
  const drift = assetYield + (carry * d) / total + (1 + d * d) / (2 * years);
  return {
    theta: (vega * vol) / (2 * years) + assetYield * spot * Math.abs(terms.delta) + Math.abs(terms.rate) * Math.abs(terms.rho / years),
    vanna: (density * d) / vol,
    volga: (vega * d * d) / vol,
    charm: assetYield * Math.abs(terms.delta) + density * (carry / total + d / (2 * years)),
    veta: vega * drift,
    speed: (gamma / spot) * (1 + d / total),
    zomma: (gamma * (d * d + 1)) / vol,
    color: gamma * drift,
    ultima: (vega / (vol * vol)) * (d * d * (1 + d * d) + 2 * d * d),
  };
};
