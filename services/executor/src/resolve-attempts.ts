import { openAttempts, settle, type OpenAttempt, type Outcome } from "@finality/execution";
import type { Sending } from "./send-command.ts";

/**
 * Asks the venue what became of attempts that nobody here is sending: those whose answer was lost, and those of a dead executor (rule 20).
 * Only this account's lease holder calls it.
 */
export const resolveAttempts = async (sending: Sending, account: string): Promise<void> => {
  const { database, notifier, underWay, isHeld } = sending;
  for (const attempt of await openAttempts(database, { account })) {
    if (!isHeld()) return;
    if (underWay.has(attempt.commandId)) continue;
    const outcome = await outcomeOf(sending, attempt);
    // The job that was sending may have answered meanwhile: then this changes nothing.
    if (await database.transaction((client) => settle(client, attempt.commandId, outcome))) notifier.notify("execution_outbox");
  }
};

const outcomeOf = async ({ venue, logger, timings }: Sending, { commandId, overdueMs }: OpenAttempt): Promise<Outcome> => {
  try {
    if ((await venue.orderByClientId(commandId)) !== undefined) return { state: "accepted" };
  } catch (error) {
    logger.warn({ err: error, commandId }, "the venue did not say what became of an order; it is asked again");
    return { state: "unknown" };
  }
  // `overdueMs` was read before the venue was asked, so a request that left in time had arrived by then.
  return overdueMs > timings.transportMs ? { state: "withdrawn", reason: "not_accepted" } : { state: "unknown" };
};
