import { commandIdOf, decodeRecord, type HedgeDecided, type RecordPlace } from "@finality/contracts";
import { decimal, formatDecimal } from "@finality/domain";
import type { LogSource, StateRows } from "@finality/history";
import type { Hedge, OrderRow } from "@finality/read-models";

export type BookHedge = Hedge & { readonly log: string; readonly book: string };

type Decided = Pick<RecordPlace, "recordedTimeUs"> & { readonly body: HedgeDecided };

const page = 500;

/** The decisions of orders, read where they stand in the log: the read models do not go back. */
const decisionsOf = async (source: LogSource, log: string, orders: readonly OrderRow[]): Promise<ReadonlyMap<string, Decided>> => {
  const wanted = orders.map(({ position }) => position).sort((left, right) => left - right);
  const decided = new Map<string, Decided>();
  let behind = 0;
  for (const position of wanted) {
    if (position <= behind) continue;
    const records = await source.read(log, position - 1, page);
    behind = records.at(-1)?.position ?? position;
    for (const stored of records.filter(({ type }) => type === "HedgeDecided")) {
      const record = decodeRecord(stored);
      if (record.type === "HedgeDecided") decided.set(commandIdOf(record), record);
    }
  }
  return decided;
};

/** Price points beyond the expected price, of the fills that had arrived. */
const slippageOf = ({ side, expectedPrice }: HedgeDecided, averagePrice: string): string => {
  const beyond = decimal(averagePrice).minus(decimal(expectedPrice));
  return formatDecimal(side === "buy" ? beyond : beyond.neg());
};

const hedgeOf = ({ commandId, position, cumulativeQuantity, averagePrice, fees, state, log, book }: OrderRow, { recordedTimeUs, body }: Decided): BookHedge => {
  const { reason, instrument, side, quantity, netDelta, band, expectedPrice, expectedCost } = body;
  const order = { filledQuantity: cumulativeQuantity, averagePrice, slippage: averagePrice === null ? null : slippageOf(body, averagePrice), fees, state };
  return { log, book, decisionId: commandId, position, decidedAtUs: recordedTimeUs, reason, instrument, side, quantity, netDelta, band, expectedPrice, expectedCost, ...order };
};

/** Every hedge of a log as it stood in a past state, book by book in order of decision. */
export const hedgesThen = async (source: LogSource, { books, orders }: StateRows): Promise<{ readonly books: StateRows["books"]; readonly hedges: readonly BookHedge[] }> => {
  const log = books[0]?.log;
  const decided = log === undefined ? new Map<string, Decided>() : await decisionsOf(source, log, orders);
  const hedges = orders.map((order) => {
    const decision = decided.get(order.commandId);
    if (decision === undefined) throw new Error(`Invariant: the log holds the decision of every order, ${order.commandId} too.`);
    return hedgeOf(order, decision);
  });
  return { books, hedges };
};
