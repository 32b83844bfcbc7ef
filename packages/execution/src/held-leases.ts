import type { Database } from "@finality/database";
import type { Logger } from "@finality/service-kit";
import { releaseLease, renewLeases, takeLease, type Lease } from "./leases.ts";

/** A lease that this process holds, or held until a moment ago. */
export type Held = {
  readonly name: string;
  /** Aborted when the work under it is to end. */
  readonly ending: AbortController;
  /** False as soon as somebody else may hold it; by this process's own monotonic clock, so also when it slept. */
  isHeld(): boolean;
};

export type HeldLeases = {
  /** Undefined while somebody else holds it. */
  take(name: string): Promise<Held | undefined>;
  /** Renews all at once; ends what was lost. */
  renew(): Promise<void>;
  /** Without those that are ending; the oldest first. */
  staying(): readonly Held[];
  giveBack(held: Held): Promise<void>;
};

type OwnHeld = Held & { readonly lease: Lease; untilMs: number; isLost: boolean; readonly lapse: NodeJS.Timeout };

export type HeldLeasesOptions = { readonly database: Database; readonly logger: Logger; readonly holder: string; readonly leaseMs: number };

/** The leases of one process, each with the time until which it is surely its own. */
export const createHeldLeases = ({ database, logger, holder, leaseMs }: HeldLeasesOptions): HeldLeases => {
  const held = new Map<string, OwnHeld>();

  const lose = (each: OwnHeld): void => {
    each.isLost = true;
    each.ending.abort();
    logger.warn({ lease: each.name }, "a lease was lost");
  };

  return {
    take: async (name) => {
      const askedMs = performance.now();
      const lease = await takeLease(database, { name, holder, forMs: leaseMs });
      if (lease === undefined) return undefined;
      const taken: OwnHeld = {
        name,
        lease,
        untilMs: askedMs + leaseMs,
        isLost: false,
        ending: new AbortController(),
        lapse: setTimeout(() => lose(taken), leaseMs),
        isHeld: () => !taken.isLost && performance.now() < taken.untilMs,
      };
      held.set(name, taken);
      logger.info({ lease: name, epoch: lease.epoch }, "a lease was taken");
      return taken;
    },
    renew: async () => {
      const askedMs = performance.now();
      const asked = [...held.values()].filter(({ isLost }) => !isLost);
      if (asked.length === 0) return;
      const kept = await renewLeases(database, asked.map(({ lease }) => lease), leaseMs);
      for (const each of asked) {
        if (held.get(each.name) !== each || each.isLost) continue;
        if (!kept.has(each.name)) {
          lose(each);
          continue;
        }
        each.untilMs = askedMs + leaseMs;
        each.lapse.refresh();
      }
    },
    staying: () => [...held.values()].filter(({ ending }) => !ending.signal.aborted),
    giveBack: async ({ name }) => {
      const own = held.get(name);
      if (own === undefined) return;
      held.delete(name);
      clearTimeout(own.lapse);
      await releaseLease(database, own.lease);
    },
  };
};
