import type { BookView, OrderView, PositionView, SmileView } from "@finality/engine";
import type { BookRow, GreeksRow, OrderRow, PnlRow, PositionRow, SmileRow } from "@finality/read-models";

// What the engine shows of a book, as rows. No number is computed here.

export const bookRow = (log: string, view: BookView): BookRow => ({
  log,
  book: view.book,
  account: view.account,
  hedgeInstrument: view.hedgeInstrument,
  policy: view.policy,
  limits: view.limits,
  status: view.status,
  refusal: view.refusal,
  hedges: view.hedges,
});

export const positionRow = (log: string, book: string, view: PositionView): PositionRow => ({
  log,
  book,
  instrument: view.instrument,
  quantity: view.quantity,
  averagePrice: view.averagePrice,
  markPrice: view.markPrice,
  currency: view.currency,
  realizedPnl: view.realizedPnl,
  unrealizedPnl: view.unrealizedPnl,
  settlementCash: view.settlementCash,
  fees: view.fees,
  status: view.status,
});

export const greeksRow = (log: string, { book, greeks }: BookView): GreeksRow => ({
  log,
  book,
  spot: greeks.spot,
  netDeltaLow: greeks.netDelta?.low ?? null,
  netDeltaHigh: greeks.netDelta?.high ?? null,
  optionDelta: greeks.optionDelta,
  hedgeDelta: greeks.hedgeDelta,
  gamma: greeks.gamma,
  vegaPerVolPoint: greeks.vegaPerVolPoint,
  thetaPerDay: greeks.thetaPerDay,
  premiumAdjustedDelta: greeks.higher?.premiumAdjustedDelta ?? null,
  vanna: greeks.higher?.vanna ?? null,
  volga: greeks.higher?.volga ?? null,
  charmPerYear: greeks.higher?.charmPerYear ?? null,
  vetaPerYear: greeks.higher?.vetaPerYear ?? null,
  speed: greeks.higher?.speed ?? null,
  zomma: greeks.higher?.zomma ?? null,
  colorPerYear: greeks.higher?.colorPerYear ?? null,
  ultima: greeks.higher?.ultima ?? null,
  bandLower: greeks.band?.lower ?? null,
  bandUpper: greeks.band?.upper ?? null,
  bandTarget: greeks.band?.target ?? null,
  condition: greeks.condition.kind,
});

export const smileRow = (log: string, { key, expiryUs, strikes, fitted, refused }: SmileView): SmileRow => ({ log, key, expiryUs, strikes, fitted, refused });

export const pnlRow = (log: string, { book, pnl }: BookView): PnlRow => ({
  log,
  book,
  currency: pnl.currency,
  openingCost: pnl.openingCost,
  optionPnl: pnl.optionPnl,
  hedgePnl: pnl.hedgePnl,
  settlement: pnl.settlement,
  fees: pnl.fees,
  netPnl: pnl.netPnl,
  cash: pnl.cash,
  quotePrice: pnl.inQuote?.price ?? null,
  quotePriceUs: pnl.inQuote?.priceTimeUs ?? null,
  quoteNetPnl: pnl.inQuote?.netPnl ?? null,
  quoteCash: pnl.inQuote?.cash ?? null,
  maxAbsNetDelta: pnl.maxAbsNetDelta,
  meanAbsNetDelta: pnl.meanAbsNetDelta,
});

export const orderRow = (log: string, view: OrderView): OrderRow => ({
  log,
  commandId: view.commandId,
  position: view.position,
  book: view.book,
  instrument: view.instrument,
  side: view.side,
  quantity: view.quantity,
  cumulativeQuantity: view.cumulativeQuantity,
  averagePrice: view.averagePrice,
  fees: view.fees,
  state: view.state,
});
