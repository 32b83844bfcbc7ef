import type { HeldLease } from "@finality/execution";
import { aborted, startLoop } from "@finality/service-kit";
import { cancelResting } from "./cancel-resting.ts";
import type { ExecutorDeps, ExecutorTimings } from "./deps.ts";
import { publishReports } from "./publish-reports.ts";
import { pullReports } from "./pull-reports.ts";
import { reconcile } from "./reconcile.ts";
import { resolveAttempts } from "./resolve-attempts.ts";
import { sendCommand, type Sending } from "./send-command.ts";

/** Works for one account until its lease's signal (rule 23). */
export const workForAccount = async (deps: ExecutorDeps, timings: ExecutorTimings, account: string, lease: HeldLease): Promise<void> => {
  const { queue, notifier, logger } = deps;
  const sending: Sending = { ...deps, timings, isHeld: lease.isHeld, underWay: new Set() };
  const cancelled = atMostEach(timings.cancelEveryMs, () => cancelResting(deps, timings, account));
  const reconciled = atMostEach(timings.reconcileEveryMs, () => reconcile(deps, account));
  const loop = startLoop({
    name: `executor's reports of ${account}`,
    everyMs: timings.pollMs,
    work: async () => {
      if (!lease.isHeld()) return;
      await resolveAttempts(sending, account);
      // Before the bus is needed: when it is away the writers are silent.
      await cancelled();
      await pullReports(deps, account);
      await publishReports(deps, account);
      await reconciled();
    },
    logger,
  });
  const unsubscribe = ["venue_report", "execution_outbox"].map((channel) => notifier.subscribe(channel, loop.wake));
  try {
    const worker = await queue.work(account, ({ commandId }) => sendCommand(sending, commandId));
    try {
      await Promise.race([aborted(lease.signal), loop.failed]);
    } finally {
      await worker.close();
    }
  } finally {
    for (const end of unsubscribe) end();
    await loop.stop();
  }
};

/** `work` at the first call, then when that long has passed since it last succeeded. */
const atMostEach = (everyMs: number, work: () => Promise<void>): (() => Promise<void>) => {
  let dueMs = 0;
  return async () => {
    if (performance.now() < dueMs) return;
    await work();
    dueMs = performance.now() + everyMs;
  };
};
