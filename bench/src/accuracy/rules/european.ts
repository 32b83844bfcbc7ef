import { blackFullGreeks, blackScholesFullGreeks, type FullGreeks } from "@finality/pricing";
import { eachRow, within, type Judgement, type Rule } from "../rule.ts";
import type { Row } from "../table.ts";
import { greekScales } from "./european-scale.ts";

const putCallOf = (row: Row): "call" | "put" => (row.number("w") === 1 ? "call" : "put");

/** Column of the tables: our field. */
const greekFields = {
  delta: "delta", gamma: "gamma", vega: "vegaPerUnitVol", theta: "thetaPerYear", rho: "rhoPerUnitRate", phi: "phiPerUnitYield",
  vanna: "vannaPerUnitVol", volga: "volgaPerUnitVol", charm: "charmPerYear", veta: "vetaPerYear", speed: "speed", zomma: "zommaPerUnitVol",
  color: "colorPerYear", ultima: "ultimaPerUnitVol", dual_delta: "dualDelta", dual_gamma: "dualGamma",
} as const satisfies Record<string, keyof FullGreeks>;

const priceTolerance = (larger: number, price: number): number => 1e-15 * larger + 2e-14 * Math.abs(price);

const bsmGreeks = (row: Row, yieldRate: number): FullGreeks =>
  blackScholesFullGreeks({
    spot: row.number("S"), strike: row.number("K"), yearsToExpiry: row.number("T"), vol: row.number("sigma"),
    rate: row.number("r"), yield: yieldRate, putCall: putCallOf(row),
  });

const black76Greeks = (row: Row, rate: number): FullGreeks =>
  blackFullGreeks({ forward: row.number("F"), strike: row.number("K"), yearsToExpiry: row.number("T"), vol: row.number("sigma"), rate, putCall: putCallOf(row) });

/** Every greek column that the table has, by section 1 of the tolerances: relative 1e-13, and 1e-15 of the absolute sum where terms cancel. */
function* greekColumns(row: Row, greeks: FullGreeks, terms: { readonly spot: number; readonly rate: number; readonly yield: number }): Iterable<Judgement> {
  const strike = row.number("K");
  yield within(row, "price", { gave: greeks.price, expected: row.number("price"), tolerance: priceTolerance(Math.max(terms.spot, strike), row.number("price")) });
  const scales = greekScales({
    ...terms, strike, years: row.number("T"), vol: row.number("sigma"),
    delta: row.number("delta"), gamma: row.number("gamma"), vega: row.number("vega"), rho: row.number("rho"),
  });
  for (const [column, field] of Object.entries(greekFields)) {
    if (row.isEmpty(column)) continue;
    const expected = row.number(column);
    yield within(row, column, { gave: greeks[field], expected, tolerance: Math.max(1e-13 * Math.abs(expected), 1e-15 * (scales[column] ?? 0), 1e-290) });
  }
}

/** The far wings and the shortest times: out-of-the-money values keep relative 1e-12 down to 1e-280, below 1e-300 they are 0. */
function* extremes(row: Row): Iterable<Judgement> {
  const greeks = black76Greeks(row, 0);
  const [forward, strike, price] = [row.number("F"), row.number("K"), row.number("price")];
  const isOut = (forward - strike) * row.number("w") <= 0;
  const priced = isOut && price >= 1e-280 ? Math.min(1e-12 * price, priceTolerance(Math.max(forward, strike), price)) : priceTolerance(Math.max(forward, strike), price);
  yield within(row, "price", { gave: greeks.price, expected: price, tolerance: Math.max(priced, 1e-300) });
  const scales = greekScales({
    spot: forward, strike, years: row.number("T"), rate: 0, yield: 0, vol: row.number("sigma"),
    delta: row.number("delta"), gamma: row.number("gamma"), vega: row.number("vega"), rho: 0,
  });
  for (const column of ["delta", "gamma", "vega", "theta", "vanna", "volga"] as const) {
    const expected = row.number(column);
    // The density itself is a factor of exp(-d²/2), whose argument is known to 1e-16 of its size.
    yield within(row, column, { gave: greeks[greekFields[column]], expected, tolerance: Math.max(1e-12 * Math.abs(expected), 1e-15 * (scales[column] ?? 0), 1e-280) });
  }
}

function* vollib(row: Row): Iterable<Judgement> {
  const input = { spot: row.number("S"), strike: row.number("K"), yearsToExpiry: row.number("t"), vol: row.number("v"), rate: row.number("R"), yield: 0 };
  for (const [letter, putCall, price] of [["C", "call", "bs_call"], ["P", "put", "bs_put"]] as const) {
    const greeks = blackScholesFullGreeks({ ...input, putCall });
    const expected = row.number(price);
    yield within(row, price, { gave: greeks.price, expected, tolerance: Math.max(1e-9, 1e-8 * expected) });
    const printed = { D: greeks.delta, G: greeks.gamma, T: greeks.thetaPerYear, V: greeks.vegaPerUnitVol, R: greeks.rhoPerUnitRate };
    for (const [name, gave] of Object.entries(printed)) {
      const column = letter + name;
      // Ten significant digits are printed: of the large greeks that is more than the stated 2e-8.
      yield within(row, column, { gave, expected: row.number(column), tolerance: Math.max(2e-8, 1e-9 * Math.abs(gave)) });
    }
  }
}

function* haugGreek(row: Row): Iterable<Judgement> {
  const greeks = bsmGreeks(row, row.number("q"));
  const named: Record<string, number> = {
    delta: greeks.delta, elasticity: (greeks.delta * row.number("S")) / greeks.price, gamma: greeks.gamma, vega: greeks.vegaPerUnitVol,
    theta: greeks.thetaPerYear, theta_per_day: greeks.thetaPerDay, rho: greeks.rhoPerUnitRate, dividendRho: greeks.phiPerUnitYield,
  };
  yield within(row, row.text("greek"), { gave: named[row.text("greek")] ?? NaN, expected: row.number("value"), tolerance: 1e-4 });
}

/** A discounted Black-76 result, as some libraries state it: by a discount factor over the time. */
function* discounted(row: Row): Iterable<Judgement> {
  const years = row.number("T");
  const greeks = black76Greeks(row, -Math.log(row.number("df")) / years);
  const named: Record<string, number> = { price: greeks.price, delta: greeks.delta, gamma: greeks.gamma, theta: greeks.thetaPerYear };
  yield within(row, row.text("output"), { gave: named[row.text("output")] ?? NaN, expected: row.number("value"), tolerance: row.number("abs_tol") });
}

/** P&L of one option taken apart by its greeks. */
function* attribution(row: Row): Iterable<Judgement> {
  const option = { forward: row.number("F"), strike: row.number("K"), yearsToExpiry: row.number("T"), vol: row.number("sigma"), rate: 0, putCall: putCallOf(row) } as const;
  const [dF, dt, dVol] = [row.number("dF"), row.number("dt"), row.number("dsigma")];
  const g = blackFullGreeks(option);
  const after = blackFullGreeks({ ...option, forward: option.forward + dF, yearsToExpiry: option.yearsToExpiry - dt, vol: option.vol + dVol });
  const terms: Record<string, number> = {
    delta: g.delta * dF, gamma: (g.gamma * dF * dF) / 2, theta: g.thetaPerYear * dt, vega: g.vegaPerUnitVol * dVol, vanna: g.vannaPerUnitVol * dF * dVol,
    volga: (g.volgaPerUnitVol * dVol * dVol) / 2, charm: g.charmPerYear * dF * dt, speed: (g.speed * dF * dF * dF) / 6, veta: g.vetaPerYear * dVol * dt,
  };
  const actual = after.price - g.price;
  const absolute = 1e-11 * option.forward;
  yield within(row, "actual", { gave: actual, expected: row.number("actual"), tolerance: absolute });
  for (const [name, gave] of Object.entries(terms)) yield within(row, name, { gave, expected: row.number(name), tolerance: 1e-11 * Math.abs(gave) + 1e-15 });
  const explained = Object.values(terms).reduce((sum, each) => sum + each, 0);
  yield within(row, "residual", { gave: actual - explained, expected: row.number("residual"), tolerance: absolute });
}

export const europeanRules: Readonly<Record<string, Rule>> = {
  european_mp_bsm_greeks: eachRow((row) => greekColumns(row, bsmGreeks(row, row.number("q")), { spot: row.number("S"), rate: row.number("r"), yield: row.number("q") })),
  european_mp_black76_greeks: eachRow((row) => greekColumns(row, black76Greeks(row, row.number("r")), { spot: row.number("F"), rate: row.number("r"), yield: row.number("r") })),
  european_mp_extreme: eachRow(extremes),
  european_haug1998_values: eachRow(function* (row) {
    yield within(row, "price", { gave: bsmGreeks(row, row.number("q")).price, expected: row.number("price"), tolerance: row.number("abs_tol") });
  }),
  european_haug1998_greeks: eachRow(haugGreek),
  european_strata_bsm_grid: eachRow(function* (row) {
    const expected = row.number("price");
    yield within(row, "price", { gave: bsmGreeks(row, row.number("r") - row.number("b")).price, expected, tolerance: 2e-13 * expected });
  }),
  european_strata_black76_grid: eachRow(function* (row) {
    const expected = row.number("price");
    yield within(row, "price", { gave: black76Greeks(row, 0).price, expected, tolerance: 1e-13 * expected });
  }),
  european_vollib_testdata: eachRow(vollib),
  european_black76_misc: eachRow(discounted),
  pnl_attribution_taylor: eachRow(attribution),
};
