import { bookNames, bookView, smileViews, type BookFactsView, type BookView, type EngineState, type FactsPnl, type OrderView, type PositionView, type SmileView } from "@finality/engine";
import type { BookRow, GreeksRow, OrderRow, PnlRow, PositionRow, ReadModels, SmileRow } from "@finality/read-models";

// What the engine shows of a log, as rows. No number is computed here.

/** The rows that a state shows: everything in the read models but the decisions, which are records and no state. */
export type StateRows = Omit<ReadModels, "decisions">;

const bookRow = (log: string, view: BookView): BookRow => ({
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

const positionRow = (log: string, book: string, view: PositionView): PositionRow => ({
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

const greeksRow = (log: string, { book, greeks }: BookView): GreeksRow => ({
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

const smileRow = (log: string, { key, expiryUs, strikes, fitted, refused }: SmileView): SmileRow => ({ log, key, expiryUs, strikes, fitted, refused });

/** What a venue time says of a book's result. */
export type FactsPnlRow = Omit<PnlRow, "openingCost" | "maxAbsNetDelta" | "meanAbsNetDelta">;

const factsPnlRow = (log: string, book: string, pnl: FactsPnl): FactsPnlRow => ({
  log,
  book,
  currency: pnl.currency,
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
});

const pnlRow = (log: string, { book, pnl }: BookView): PnlRow => ({
  ...factsPnlRow(log, book, pnl),
  openingCost: pnl.openingCost,
  maxAbsNetDelta: pnl.maxAbsNetDelta,
  meanAbsNetDelta: pnl.meanAbsNetDelta,
});

const orderRow = (log: string, view: OrderView): OrderRow => ({
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

/** The projector's rows and those of any past state: one state, one answer. Reads only. */
export const rowsOf = (state: EngineState): StateRows => {
  const { log } = state.facts;
  const views = bookNames(state).map((book) => bookView(state, book));
  return {
    books: views.map((view) => bookRow(log, view)),
    positions: views.flatMap((view) => view.positions.map((position) => positionRow(log, view.book, position))),
    greeks: views.map((view) => greeksRow(log, view)),
    smiles: smileViews(state).map((view) => smileRow(log, view)),
    pnl: views.map((view) => pnlRow(log, view)),
    orders: views.flatMap(({ orders }) => orders.map((order) => orderRow(log, order))),
  };
};

/** The rows that facts at a venue time show. */
export type FactsRows = readonly { readonly book: string; readonly positions: readonly PositionRow[]; readonly pnl: FactsPnlRow }[];

export const factsRowsOf = (log: string, books: readonly BookFactsView[]): FactsRows =>
  books.map(({ book, positions, pnl }) => ({ book, positions: positions.map((position) => positionRow(log, book, position)), pnl: factsPnlRow(log, book, pnl) }));
