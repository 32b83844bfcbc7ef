import { notBuilt, notOurs, type Rule } from "../rule.ts";

const hedging = notBuilt("hedging analysis, bands and costs come with a later issue");
const margin = notBuilt("margin and fees come with a later issue");
const approximation = notOurs("values of another approximation of the American price; ours solves the exact problem");
const inputOf = (table: string): Rule => notOurs(`input of ${table}`);

/** Tables that are not evaluated, each with its reason. */
export const otherRules: Readonly<Record<string, Rule>> = {
  almgren_chriss: notBuilt("market impact comes with a later issue"),
  feedback_volatility: notBuilt("market impact comes with a later issue"),
  gamma_scalping_expected_pnl: hedging,
  hedge_bands_ww_zakamouline: hedging,
  hedging_error_mc: hedging,
  hedging_error_published: hedging,
  hedging_error_theory: hedging,
  leland_volatility: hedging,
  deribit_fee_examples: margin,
  deribit_pm_options_computed: margin,
  deribit_pm_parameters: margin,
  deribit_pm_risk_vectors_futures: margin,
  deribit_pm_totals: margin,
  deribit_sm_futures_examples: margin,
  deribit_sm_options_formula: margin,
  paradex_scan_scenarios: margin,
  span16_risk_array: margin,
  oracle_capped_median: notBuilt("index construction comes with a later issue"),
  rfc6962_vectors: notBuilt("inclusion and consistency proofs come with the audit of the log"),
  american_approximations_tfqf: approximation,
  american_baw_haug: approximation,
  american_bjerksund_stensland: approximation,
  american_bs93_greeks_single: approximation,
  american_ju1999: approximation,
  ohlc_data: inputOf("realised_vol_estimators"),
  intraday_prices: inputOf("intraday_realised_measures"),
  garch_dem2gbp_data: inputOf("garch_benchmarks"),
  har_rv_data: inputOf("har_rv_ols"),
};
