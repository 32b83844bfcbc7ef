import type { Bus } from "@finality/bus";
import type { Database, Notifier } from "@finality/database";
import type { Catalogue } from "@finality/event-log";
import type { Faults, Logger } from "@finality/service-kit";
import type { Venue } from "@finality/venues";
import type { WorkQueue } from "@finality/work-queue";

/** Milliseconds each. */
export type ExecutorTimings = {
  /** From claim to the request on its way; past it nothing is sent. */
  readonly sendWithinMs: number;
  /** How long a request that left in time may take to reach the venue: only after this "not found" proves non-acceptance. */
  readonly transportMs: number;
  /** How long a silent executor keeps its accounts. */
  readonly leaseMs: number;
  /** The longest time until reports, open attempts and new accounts are looked at again. */
  readonly pollMs: number;
  /** After how long a live log's writer that appends nothing counts as silent: its resting orders are cancelled (rule 23). */
  readonly silentMs: number;
  /** How often silent writers and halts that cancel orders are looked for. */
  readonly cancelEveryMs: number;
  /** How often a live log is told the venue's positions, from the start on (rule 25). */
  readonly reconcileEveryMs: number;
};

export type ExecutorDeps = {
  readonly database: Database;
  readonly queue: WorkQueue;
  readonly bus: Bus;
  readonly catalogue: Catalogue;
  readonly venue: Venue;
  readonly notifier: Notifier;
  readonly faults: Faults;
  readonly logger: Logger;
  /** Names this start of the process in attempts and leases; never used twice. */
  readonly executor: string;
  readonly timings?: Partial<ExecutorTimings>;
};

export const timingsDefault: ExecutorTimings = { sendWithinMs: 2_000, transportMs: 3_000, leaseMs: 5_000, pollMs: 250, silentMs: 15_000, cancelEveryMs: 1_000, reconcileEveryMs: 10_000 };
