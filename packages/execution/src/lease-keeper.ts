import type { Database, Notifier } from "@finality/database";
import { startLoop, type Logger } from "@finality/service-kit";
import { createHeldLeases, type Held } from "./held-leases.ts";
import { joinMembers, leaseStanding, leaveMembers } from "./leases.ts";

export type HeldLease = {
  /** Aborted when to stop: the caller's signal, the lease is lost, or it goes to another process. */
  readonly signal: AbortSignal;
  /** False as soon as somebody else may hold it; by this process's own monotonic clock, so also when it slept. */
  isHeld(): boolean;
};

export type LeaseKeeper = {
  /**
   * Waits for the lease of a key, works under it, and gives it back. Returns when the work does; without having worked when the signal was
   * aborted first. `work` ends soon after its signal: until then the lease is kept. One call a key at a time.
   */
  hold(key: string, signal: AbortSignal, work: (lease: HeldLease) => Promise<void>): Promise<void>;
  /** After everything that was held has ended. */
  stop(): Promise<void>;
};

export type LeaseKeeperOptions = {
  readonly database: Database;
  /** Tells the other processes at once when a lease is free; without it they see it within a quarter of `leaseMs`. */
  readonly notifier?: Notifier | undefined;
  readonly logger: Logger;
  /** What is leased, without "/": the lease of a key is called `<kind>/<key>`. */
  readonly kind: string;
  /** One name a process start. */
  readonly holder: string;
  /** How long a silent process keeps what it holds; default 5,000. Milliseconds. */
  readonly leaseMs?: number | undefined;
};

const leaseMsDefault = 5_000;
const renewalsPerLease = 4;
const failurePauseMsMax = 500;
const channel = "execution_lease";

/**
 * Takes and keeps the leases of one kind for this process: no more than its fair share of the known keys while others stand by, and what it
 * holds beyond that when one more comes is handed over. The lease saves double work; what must not happen twice is fenced in the database.
 */
export const startLeaseKeeper = ({ database, notifier, logger, kind, holder, leaseMs = leaseMsDefault }: LeaseKeeperOptions): LeaseKeeper => {
  const leases = createHeldLeases({ database, logger, holder, leaseMs });
  /** Every name that was ever asked for here. */
  const known = new Set<string>();
  /** Told of the lease when it is taken. */
  const wanted = new Map<string, (held: Held) => void>();

  const round = async (): Promise<void> => {
    await joinMembers(database, kind, holder, leaseMs);
    await leases.renew();
    const { held, members } = await leaseStanding(database, kind);
    const most = Math.ceil(known.size / Math.max(members, 1));
    for (const { name, ending } of leases.staying().slice(most)) {
      logger.info({ lease: name }, "a lease is handed over to a process that stands by");
      ending.abort();
    }
    const free = [...wanted.keys()].filter((name) => !held.has(name));
    for (const name of free) {
      if (leases.staying().length >= most) return;
      const taken = await leases.take(name);
      const grant = wanted.get(name);
      if (taken !== undefined && grant === undefined) await leases.giveBack(taken);
      if (taken !== undefined) grant?.(taken);
    }
  };

  const loop = startLoop({
    name: `lease keeper of the ${kind}`,
    everyMs: leaseMs / renewalsPerLease,
    work: round,
    // Whoever works under a lease gives up by himself when the database stays away.
    failuresMax: Infinity,
    failurePauseMs: Math.min(failurePauseMsMax, leaseMs / renewalsPerLease),
    logger,
  });
  const unsubscribe = notifier?.subscribe(channel, loop.wake);

  /** Undefined when the signal was aborted first. */
  const waitFor = (name: string, signal: AbortSignal): Promise<Held | undefined> =>
    new Promise((resolve) => {
      const end = (taken?: Held): void => {
        signal.removeEventListener("abort", onAbort);
        wanted.delete(name);
        resolve(taken);
      };
      const onAbort = (): void => end();
      known.add(name);
      wanted.set(name, end);
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) end();
      else loop.wake();
    });

  return {
    hold: async (key, signal, work) => {
      const taken = await waitFor(`${kind}/${key}`, signal);
      if (taken === undefined) return;
      try {
        await work({ signal: AbortSignal.any([signal, taken.ending.signal]), isHeld: taken.isHeld });
      } finally {
        // What cannot be given back ends by itself.
        await leases.giveBack(taken).catch((error: unknown) => logger.warn({ err: error, lease: taken.name }, "a lease could not be given back"));
        notifier?.notify(channel);
      }
    },
    stop: async () => {
      unsubscribe?.();
      await loop.stop();
      // Nobody waits for a member that is gone: it counts for one lease's time at most.
      await leaveMembers(database, kind, holder).catch(() => undefined);
      notifier?.notify(channel);
    },
  };
};
