import { decimal, formatDecimal } from "@finality/domain";
import type { Hedge, Hedges, OrderRow, Page } from "@finality/read-models";
import { Problem } from "../problems/problem.ts";

/** Price points beyond the expected price, of the fills that had arrived. */
const slippageThen = ({ side, expectedPrice }: Hedge, averagePrice: string): string => {
  const beyond = decimal(averagePrice).minus(decimal(expectedPrice));
  return formatDecimal(side === "buy" ? beyond : beyond.neg());
};

const asItWas = (hedge: Hedge | undefined, { commandId, cumulativeQuantity, averagePrice, fees, state }: OrderRow): Hedge => {
  if (hedge === undefined) throw new Problem("projection-behind", `The read models do not hold the decision ${commandId} yet.`);
  return { ...hedge, filledQuantity: cumulativeQuantity, averagePrice, slippage: averagePrice === null ? null : slippageThen(hedge, averagePrice), fees, state };
};

/** A page of hedges as they stood when these were all orders of the book, oldest first. `details` gives hedges as they are now. */
export const hedgesAsOf = async (orders: readonly OrderRow[], { after, limit }: Page, details: (page: Page) => Promise<Hedges>): Promise<Hedges> => {
  const behind = orders.filter(({ position }) => position > after);
  const shown = behind.slice(0, limit);
  const { hedges } = shown.length === 0 ? { hedges: [] } : await details({ after, limit: shown.length });
  const byId = new Map(hedges.map((hedge) => [hedge.decisionId, hedge]));
  return { hedges: shown.map((order) => asItWas(byId.get(order.commandId), order)), next: behind.length > shown.length ? shown.at(-1)?.position : undefined };
};
