import { decimalOfDouble } from "@finality/contracts";
import type { BookRow, Checkpoint, GreeksRow, Hedge as HedgeRow, PnlRow, PositionRow } from "@finality/read-models";
import type { AsOf, Book, Greeks, Hedge, Position, ProfitAndLoss } from "./schemas.ts";
import { isoTime } from "./time.ts";

// Rows of the read models in the API's words.

const decimalOrNull = (value: number | null): string | null => (value === null ? null : decimalOfDouble(value));

const interval = ({ low, high }: { readonly low: number; readonly high: number }) => ({ low: decimalOfDouble(low), high: decimalOfDouble(high) });

const band = ({ lower, upper, target }: HedgeRow["band"]) => ({ lower: decimalOfDouble(lower), upper: decimalOfDouble(upper), target: decimalOfDouble(target) });

export const presentAsOf = ({ log, generation, position, venueTimeUs, recordedTimeUs }: Checkpoint): AsOf => ({
  log,
  generation,
  position,
  event_time: isoTime(venueTimeUs),
  recorded_at: isoTime(recordedTimeUs),
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
    band: lower === null || upper === null || target === null ? null : band({ lower, upper, target }),
    condition: row.condition,
  };
};

export const presentPnl = (row: PnlRow): ProfitAndLoss => ({
  currency: row.currency,
  opening_cost: row.openingCost,
  option_pnl: row.optionPnl,
  hedge_pnl: row.hedgePnl,
  settlement: row.settlement,
  fees: row.fees,
  net_pnl: row.netPnl,
  cash: row.cash,
  max_abs_net_delta: decimalOfDouble(row.maxAbsNetDelta),
  mean_abs_net_delta: decimalOfDouble(row.meanAbsNetDelta),
});

export const presentHedge = (row: HedgeRow): Hedge => ({
  decision_id: row.decisionId,
  position: row.position,
  decided_at: isoTime(row.decidedAtUs),
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
