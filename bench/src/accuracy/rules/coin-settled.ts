import {
  accruedFunding, deltaOfStrike, deribitGreeks, fundingRate, inverseOptionGreeks, perpetualPrice, strikeOfDelta, type DeltaConvention, type DeltaTerms,
} from "@finality/pricing";
import { eachRow, within, type Rule } from "../rule.ts";
import type { Row } from "../table.ts";

const putCallOf = (row: Row): "call" | "put" => (row.number("w") === 1 ? "call" : "put");

function* inverse(row: Row) {
  const forward = row.number("F");
  const g = inverseOptionGreeks({ forward, strike: row.number("K"), yearsToExpiry: row.number("T"), vol: row.number("sigma"), putCall: putCallOf(row) });
  const years = 365;
  const cells: readonly (readonly [column: string, gave: number, relative: number, scale: number])[] = [
    ["usd_price", g.quotePrice, 2e-14, forward], ["usd_delta", g.blackScholesDelta, 1e-13, 0], ["usd_gamma", g.gamma, 1e-13, 0],
    ["usd_vega", g.coinVegaPerVolPoint * 100 * forward, 1e-13, 0], ["usd_theta", g.coinThetaPerDay * years * forward, 1e-13, 0],
    ["coin_price", g.coinPrice, 2e-14, 1], ["coin_delta", g.coinDeltaPerQuote, 1e-13, 0], ["coin_vega", g.coinVegaPerVolPoint * 100, 1e-13, 0],
    ["coin_theta", g.coinThetaPerDay * years, 1e-13, 0], ["net_delta", g.premiumAdjustedDelta, 1e-13, 0],
    ["coin_gamma", g.coinGammaPerQuote, 1e-12, (g.gamma + 2 * Math.abs(g.coinDeltaPerQuote)) / forward], ["net_delta_dF", g.premiumAdjustedGamma, 1e-12, g.gamma + Math.abs(g.coinDeltaPerQuote)],
  ];
  for (const [column, gave, relative, scale] of cells) {
    const expected = row.number(column);
    yield within(row, column, { gave, expected, tolerance: relative * Math.abs(expected) + 1e-15 * scale });
  }
}

const conventions: Readonly<Record<string, DeltaConvention>> = { Spot: "spot", Fwd: "forward", PaSpot: "premium_adjusted_spot", PaFwd: "premium_adjusted_forward" };

function* deltas(row: Row) {
  const convention = conventions[row.text("delta_type")];
  if (convention === undefined) throw new RangeError(`no convention is called ${row.text("delta_type")}`);
  const terms: DeltaTerms = { convention, putCall: putCallOf(row), spot: row.number("S"), quoteDiscount: row.number("domDf"), coinDiscount: row.number("forDf"), totalVol: row.number("stdDev") };
  yield within(row, "delta", { gave: deltaOfStrike(terms, row.number("K")), expected: row.number("delta"), tolerance: 1e-3 });
  yield within(row, "strike", { gave: strikeOfDelta(terms, row.number("delta")), expected: row.number("K"), tolerance: 1e-2 });
}

const quoted = (row: Row, volPercent: number) =>
  deribitGreeks({
    underlyingPrice: row.number("underlying_price"), strike: row.number("K"), atMs: 0, expiryMs: row.number("T") * 365 * 86_400_000,
    vol: volPercent / 100, putCall: putCallOf(row),
  });

/** Half of the last printed digit of a vol in percent. */
const VOL_ROUNDING = 0.005;

/** Tickers as others recorded them. Vols are printed to 0.01 points: what that does to a figure is allowed for. */
function* quotes(row: Row) {
  const vol = row.number("mark_iv_pct");
  const [own, above, below] = [quoted(row, vol), quoted(row, vol + VOL_ROUNDING), quoted(row, vol - VOL_ROUNDING)];
  const mark = row.number("mark_price");
  yield within(row, "mark_price", { gave: own.markPrice, expected: mark, tolerance: Math.max(2e-3 * mark, 1e-4) });
  if (row.isEmpty("delta")) return;
  yield within(row, "delta", { gave: own.delta, expected: row.number("delta"), tolerance: row.isEmpty("timestamp_ms") ? 3e-4 : 1.2e-4 });
  yield within(row, "gamma", { gave: own.gamma, expected: row.number("gamma"), tolerance: 0.6e-5 });
  for (const column of ["vega", "theta", "rho"] as const) {
    const expected = row.number(column);
    const rounding = Math.abs(above[column] - below[column]) / 2;
    // Greeks are some seconds older than their ticker's time, which moves the theta of an option without much of it: two cents are allowed.
    const absolute = column === "theta" ? 0.02 : 1e-5;
    yield within(row, column, { gave: own[column], expected, tolerance: Math.max(1e-3 * Math.abs(expected), absolute) + rounding });
  }
}

function* funding(row: Row) {
  const [mark, index, cap] = [row.number("mark"), row.number("index"), row.number("cap")];
  // At the edge of the dead band the table's own arithmetic leaves 1e-41.
  const near = (column: string, gave: number) => within(row, column, { gave, expected: row.number(column), tolerance: 1e-12 * Math.abs(row.number(column)) + 1e-19 });
  yield near("funding_8h", fundingRate({ mark, index, cap }));
  yield near("fraction_for_period", accruedFunding([{ mark, index, cap, fromMs: 0 }], row.number("hours") * 3_600_000).fraction);
}

function* perpetual(row: Row) {
  const on = row.text("funding_on");
  const gave = perpetualPrice({
    spot: row.number("S"), rate: row.number("r"), coinRate: row.number("q"), fundingPull: row.number("k_funding"), interestPart: row.number("iota_rate_diff"),
    settlement: row.text("payoff") === "linear" ? "linear" : "inverse",
    funding: on === "cont" ? { kind: "continuous" } : { kind: on === "prev" ? "previous" : "current", yearsPerPeriod: row.number("dt_years") },
  });
  yield within(row, "perp_price", { gave, expected: row.number("perp_price"), tolerance: 1e-12 * row.number("perp_price") });
}

export const coinSettledRules: Readonly<Record<string, Rule>> = {
  inverse_option_mp: eachRow(inverse),
  delta_conventions_premium_adjusted: eachRow(deltas),
  deribit_quotes: eachRow(quotes),
  deribit_funding: eachRow(funding),
  perpetual_futures_ahj: eachRow(perpetual),
};
