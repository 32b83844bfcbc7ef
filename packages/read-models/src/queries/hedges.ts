import { HedgeDecided } from "@finality/contracts";
import { decimal, formatDecimal } from "@finality/domain";
import { Compile } from "typebox/compile";
import { ReadModelError } from "../errors.ts";
import type { DecisionRow, OrderRow } from "../rows/rows.ts";
import { decisionsAt, ordersOf, type BookPlace, type Page, type ReadClient } from "./read-rows.ts";

/** A hedge decision and what became of its order. */
export type Hedge = {
  /** The command id, and the venue's client order id. */
  readonly decisionId: string;
  readonly position: number;
  readonly decidedAtUs: number;
  readonly reason: string;
  readonly instrument: string;
  readonly side: "buy" | "sell";
  /** Contracts. */
  readonly quantity: string;
  /** Before the hedge, currency per point. */
  readonly netDelta: { readonly low: number; readonly high: number };
  readonly band: { readonly lower: number; readonly upper: number; readonly target: number };
  readonly expectedPrice: string;
  /** Half-spread × quantity × multiplier, in the instrument's currency. */
  readonly expectedCost: number;
  readonly filledQuantity: string;
  /** Null until a fill arrived. */
  readonly averagePrice: string | null;
  /** Price points paid beyond the expected price: bought higher or sold lower is > 0. Null until a fill arrived. */
  readonly slippage: string | null;
  readonly fees: string;
  readonly state: string;
};

const hedgeDecided = Compile(HedgeDecided);

const slippageOf = (side: "buy" | "sell", expectedPrice: string, averagePrice: string): string => {
  const beyond = decimal(averagePrice).minus(decimal(expectedPrice));
  return formatDecimal(side === "buy" ? beyond : beyond.neg());
};

const hedge = (order: OrderRow, decision: DecisionRow | undefined): Hedge => {
  const body = decision?.body;
  if (decision === undefined || !hedgeDecided.Check(body)) {
    throw new ReadModelError("unreadable_row", `The decision of order ${order.commandId} is missing in the read models or not as its schema says. Rebuild the read models.`);
  }
  const { reason, side, quantity, instrument, netDelta, band, expectedPrice, expectedCost } = body;
  return {
    decisionId: order.commandId,
    position: order.position,
    decidedAtUs: decision.recordedTimeUs,
    reason,
    instrument,
    side,
    quantity,
    netDelta,
    band,
    expectedPrice,
    expectedCost,
    filledQuantity: order.cumulativeQuantity,
    averagePrice: order.averagePrice,
    slippage: order.averagePrice === null ? null : slippageOf(side, expectedPrice, order.averagePrice),
    fees: order.fees,
    state: order.state,
  };
};

export type Hedges = {
  readonly hedges: readonly Hedge[];
  /** `after` of the next page; undefined on the last. */
  readonly next: number | undefined;
};

/** Hedges of a book in order of decision. Throws ReadModelError "unreadable_row". */
export const hedgesOf = async (client: ReadClient, place: BookPlace, { after, limit }: Page): Promise<Hedges> => {
  const found = await ordersOf(client, place, { after, limit: limit + 1 });
  const orders = found.slice(0, limit);
  const decisions = await decisionsAt(client, place.log, orders.map(({ position }) => position));
  const byPosition = new Map(decisions.map((decision) => [decision.position, decision]));
  return {
    hedges: orders.map((order) => hedge(order, byPosition.get(order.position))),
    next: found.length > limit ? orders.at(-1)?.position : undefined,
  };
};
