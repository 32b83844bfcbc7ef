import { cancelScopes, isInScope, placesOfOrders } from "@finality/execution";
import type { ExecutorDeps, ExecutorTimings } from "./deps.ts";

type Cancelling = Pick<ExecutorDeps, "database" | "venue" | "logger">;

/**
 * Cancels the account's orders that rest at the venue while a halt says so, or while the writer of their live log is silent: nobody hedges
 * then, and nobody takes them back (rules 22, 23). What came of it the venue reports, and the log records. Orders that are no commands of
 * ours are left alone. Asked again at each look, so an order that was accepted meanwhile goes too.
 */
export const cancelResting = async ({ database, venue, logger }: Cancelling, { silentMs }: Pick<ExecutorTimings, "silentMs">, account: string): Promise<void> => {
  const scopes = await cancelScopes(database, silentMs);
  if (scopes.length === 0) return;
  for (const place of await placesOfOrders(database, await venue.openOrders(account))) {
    const scope = scopes.find((each) => isInScope(each, place));
    if (scope === undefined) continue;
    logger.warn({ ...place, account, why: scope.why }, `the order ${place.commandId} is cancelled at the venue: ${scope.why === "halted" ? "a halt asks for it" : `the writer of ${place.log} is silent`}`);
    await venue.cancel(place.commandId);
  }
};
