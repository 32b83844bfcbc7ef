import { takeOverReports, venueCursor } from "@finality/execution";
import type { ExecutorDeps } from "./deps.ts";

const batchMax = 500;

/** Takes the account's venue reports over into the outbox until there are no more. */
export const pullReports = async ({ database, venue, notifier }: Pick<ExecutorDeps, "database" | "venue" | "notifier">, account: string): Promise<void> => {
  for (;;) {
    const cursor = await venueCursor(database, account);
    const reports = await venue.reports(account, cursor, batchMax);
    if (reports.length === 0) return;
    await takeOverReports(database, account, cursor, reports);
    notifier.notify("execution_outbox");
  }
};
