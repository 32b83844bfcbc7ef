import { aborted, startLoop } from "@finality/service-kit";
import { waitForLease, type AccountLease } from "./account-lease.ts";
import type { ExecutorDeps, ExecutorTimings } from "./deps.ts";
import { publishReports } from "./publish-reports.ts";
import { pullReports } from "./pull-reports.ts";
import { resolveAttempts } from "./resolve-attempts.ts";
import { sendCommand, type Sending } from "./send-command.ts";

/** Works for one account while this process holds its lease, until the signal; returns when the lease is lost. */
export const workForAccount = async (deps: ExecutorDeps, timings: ExecutorTimings, account: string, signal: AbortSignal): Promise<void> => {
  const { database, logger, executor } = deps;
  const lease = await waitForLease({ database, logger, account, executor, leaseMs: timings.leaseMs }, signal);
  if (lease === undefined) return;
  try {
    await workUnderLease(deps, timings, account, lease, signal);
  } finally {
    await lease.release();
  }
};

const workUnderLease = async (deps: ExecutorDeps, timings: ExecutorTimings, account: string, lease: AccountLease, signal: AbortSignal): Promise<void> => {
  const { queue, notifier, logger } = deps;
  const sending: Sending = { ...deps, timings, isHeld: lease.isHeld, underWay: new Set() };
  const loop = startLoop({
    name: `executor's reports of ${account}`,
    everyMs: timings.pollMs,
    work: async () => {
      if (!lease.isHeld()) return;
      await resolveAttempts(sending, account);
      await pullReports(deps, account);
      await publishReports(deps, account);
    },
    logger,
  });
  const unsubscribe = ["venue_report", "execution_outbox"].map((channel) => notifier.subscribe(channel, loop.wake));
  try {
    const worker = await queue.work(account, ({ commandId }) => sendCommand(sending, commandId));
    try {
      await Promise.race([lease.lost, aborted(signal), loop.failed]);
    } finally {
      await worker.close();
    }
  } finally {
    for (const end of unsubscribe) end();
    await loop.stop();
  }
};
