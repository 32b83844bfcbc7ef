import { releaseLease, renewLease, takeLease, type Lease } from "@finality/execution";
import { pause, type Logger } from "@finality/service-kit";
import type { Database } from "@finality/database";

export type AccountLease = {
  /** False as soon as somebody else may hold it; by this process's own monotonic clock, so also when it slept. */
  isHeld(): boolean;
  /** Resolves when it is lost. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
};

export type LeaseOptions = { readonly database: Database; readonly logger: Logger; readonly account: string; readonly executor: string; readonly leaseMs: number };

const renewalsPerLease = 4;

/** Waits for the account's lease (rule 23) and keeps it. Undefined when the signal was aborted first. */
export const waitForLease = async (options: LeaseOptions, signal: AbortSignal): Promise<AccountLease | undefined> => {
  const { database, account, executor, leaseMs } = options;
  while (!signal.aborted) {
    const askedMs = performance.now();
    const lease = await takeLease(database, { name: `account/${account}`, holder: executor, forMs: leaseMs });
    if (lease !== undefined) return keep(options, lease, askedMs);
    await pause(leaseMs / renewalsPerLease, signal);
  }
  return undefined;
};

const keep = ({ database, logger, account, leaseMs }: LeaseOptions, lease: Lease, askedMs: number): AccountLease => {
  const ended = new AbortController();
  const lost = Promise.withResolvers<undefined>();
  let heldUntilMs = askedMs + leaseMs;
  const isHeld = (): boolean => !ended.signal.aborted && performance.now() < heldUntilMs;

  const renew = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await pause(leaseMs / renewalsPerLease, ended.signal);
      if (ended.signal.aborted) return;
      const beganMs = performance.now();
      try {
        if (!(await renewLease(database, lease, leaseMs))) break;
        heldUntilMs = beganMs + leaseMs;
      } catch (error) {
        logger.warn({ err: error, account }, "the lease of an account could not be renewed yet");
      }
      if (!isHeld()) break;
    }
    if (ended.signal.aborted) return;
    ended.abort();
    logger.warn({ account }, "the lease of an account was lost");
    lost.resolve(undefined);
  };
  const renewing = renew();
  return {
    isHeld,
    lost: lost.promise,
    release: async () => {
      ended.abort();
      await renewing;
      await releaseLease(database, lease);
    },
  };
};
