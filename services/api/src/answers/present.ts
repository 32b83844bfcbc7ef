import { decimalOfDouble } from "@finality/contracts";
import { formatInstant } from "@finality/history";
import type { BookRow, Checkpoint, GreeksRow, Hedge as HedgeRow, PnlRow, PositionRow, SmileRow } from "@finality/read-models";
import type { AsOf, Book, Greeks, Hedge, Position, ProfitAndLoss, Smile } from "./schemas.ts";

// Rows of the read models in the API's words.

const decimalOrNull = (value: number | null): string | null => (value === null ? null : decimalOfDouble(value));

const interval = ({ low, high }: { readonly low: number; readonly high: number }) => ({ low: decimalOfDouble(low), high: decimalOfDouble(high) });

const band = ({ lower, upper, target }: HedgeRow["band"]) => ({ lower: decimalOfDouble(lower), upper: decimalOfDouble(upper), target: decimalOfDouble(target) });

/** `factsUs`: of facts, the venue time that they are of. */
export const presentAsOf = ({ log, generation, position, venueTimeUs, recordedTimeUs }: Checkpoint, factsUs?: number): AsOf => ({
  log,
  generation,
  position,
  event_time: formatInstant(venueTimeUs),
  recorded_at: formatInstant(recordedTimeUs),
  ...(factsUs === undefined ? {} : { venue_time: formatInstant(factsUs) }),
});

export const presentBook = ({ book, account, hedgeInstrument, policy, limits, status, refusal, hedges }: BookRow): Book => ({
  book,
  account,
  hedge_instrument: hedgeInstrument,
  policy,
  limits,
  status,
  refusal,
  hedges,
});

export const presentPosition = (row: PositionRow): Position => ({
  instrument: row.instrument,
  quantity: row.quantity,
  average_price: row.averagePrice,
  mark_price: row.markPrice,
  currency: row.currency,
  realized_pnl: row.realizedPnl,
  unrealized_pnl: row.unrealizedPnl,
  settlement_cash: row.settlementCash,
  fees: row.fees,
  status: row.status,
});

export const presentGreeks = (row: GreeksRow): Greeks => {
  const { netDeltaLow: low, netDeltaHigh: high, bandLower: lower, bandUpper: upper, bandTarget: target } = row;
  return {
    spot: decimalOrNull(row.spot),
    net_delta: low === null || high === null ? null : interval({ low, high }),
    option_delta: decimalOrNull(row.optionDelta),
    hedge_delta: decimalOrNull(row.hedgeDelta),
    gamma: decimalOrNull(row.gamma),
    vega_per_vol_point: decimalOrNull(row.vegaPerVolPoint),
    theta_per_day: decimalOrNull(row.thetaPerDay),
    premium_adjusted_delta: decimalOrNull(row.premiumAdjustedDelta),
    vanna: decimalOrNull(row.vanna),
    volga: decimalOrNull(row.volga),
    charm_per_year: decimalOrNull(row.charmPerYear),
    veta_per_year: decimalOrNull(row.vetaPerYear),
    speed: decimalOrNull(row.speed),
    zomma: decimalOrNull(row.zomma),
    color_per_year: decimalOrNull(row.colorPerYear),
    ultima: decimalOrNull(row.ultima),
    band: lower === null || upper === null || target === null ? null : band({ lower, upper, target }),
    condition: row.condition,
  };
};

const fittedSmile = (fitted: NonNullable<SmileRow["fitted"]>): NonNullable<Smile["fitted"]> => ({
  a: decimalOfDouble(fitted.svi.a),
  b: decimalOfDouble(fitted.svi.b),
  rho: decimalOfDouble(fitted.svi.rho),
  m: decimalOfDouble(fitted.svi.m),
  sigma: decimalOfDouble(fitted.svi.sigma),
  forward: decimalOfDouble(fitted.forward),
  years_to_expiry: decimalOfDouble(fitted.yearsToExpiry),
  at: formatInstant(fitted.timeUs),
  quotes_used: fitted.quotesUsed,
  quotes_left_out: fitted.quotesLeftOut,
  rms_vol_points: decimalOfDouble(fitted.rmsVolPoints),
  max_vol_points: decimalOfDouble(fitted.maxVolPoints),
  rms_widths: decimalOfDouble(fitted.rmsWidths),
  max_widths: decimalOfDouble(fitted.maxWidths),
  repairs: fitted.repairs,
});

export const presentSmile = ({ key, expiryUs, strikes, fitted, refused }: SmileRow): Smile => ({
  key,
  expiry: formatInstant(expiryUs),
  strikes: strikes.map(({ strike, vol, volTimeUs, volSource }) => ({ strike: decimalOfDouble(strike), vol: decimalOfDouble(vol), at: formatInstant(volTimeUs), source: volSource })),
  fitted: fitted === null ? null : fittedSmile(fitted),
  refused,
});

const inQuote = ({ quotePrice, quotePriceUs, quoteNetPnl, quoteCash }: PnlRow): ProfitAndLoss["in_quote"] =>
  quotePrice === null || quotePriceUs === null || quoteNetPnl === null || quoteCash === null
    ? null
    : { price: quotePrice, price_at: formatInstant(quotePriceUs), net_pnl: quoteNetPnl, cash: quoteCash };

export const presentPnl = (row: PnlRow): ProfitAndLoss => ({
  currency: row.currency,
  opening_cost: row.openingCost,
  option_pnl: row.optionPnl,
  hedge_pnl: row.hedgePnl,
  settlement: row.settlement,
  fees: row.fees,
  net_pnl: row.netPnl,
  cash: row.cash,
  in_quote: inQuote(row),
  max_abs_net_delta: decimalOfDouble(row.maxAbsNetDelta),
  mean_abs_net_delta: decimalOfDouble(row.meanAbsNetDelta),
});

export const presentHedge = (row: HedgeRow): Hedge => ({
  decision_id: row.decisionId,
  position: row.position,
  decided_at: formatInstant(row.decidedAtUs),
  reason: row.reason,
  instrument: row.instrument,
  side: row.side,
  quantity: row.quantity,
  net_delta: interval(row.netDelta),
  band: band(row.band),
  expected_price: row.expectedPrice,
  expected_cost: decimalOfDouble(row.expectedCost),
  filled_quantity: row.filledQuantity,
  average_price: row.averagePrice,
  slippage: row.slippage,
  fees: row.fees,
  state: row.state,
});
