import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database, Notifier } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import type { SnapshotStore } from "@finality/history";
import { leaseStanding, startLeaseKeeper, type HeldLease } from "@finality/execution";
import { readModelShape, versionsOf, type Checkpoint } from "@finality/read-models";
import { noFaults, silentLogger, type Faults, type Logger } from "@finality/service-kit";
import { ProjectorError } from "./errors.ts";
import { followLog, lookMs, type Serving } from "./follow-log.ts";
import { createWaiting } from "./waiting.ts";

export type ProjectorDeps = {
  readonly reader: LogReader;
  readonly database: Database;
  /** Where a start begins to fold; without it at the first record. */
  readonly snapshots?: SnapshotStore;
  /** With it a log goes to another projector as soon as one gives it back; without, soon after. */
  readonly notifier?: Notifier;
  /** Of leases taken, lost and handed over; default: none. */
  readonly logger?: Logger;
  /** Names this start of the process in leases; default: a random name. */
  readonly instance?: string;
  /** How long a silent projector keeps its logs; default 5,000. Milliseconds. */
  readonly leaseMs?: number;
  /** Crash tests end the process at the point `projector-batch`. */
  readonly faults?: Faults;
  /** Least time between two transactions of a version, milliseconds; default 20. */
  readonly paceMs?: number;
  /** Told once when a projection of a log stops by an error; the log's other versions and the other logs go on. Default: one line on stderr. */
  readonly onStopped?: (log: string, error: unknown) => void;
};

export type LogStanding = {
  readonly log: string;
  /** Of the last record that this projector committed to the version that serves; undefined before the first. */
  readonly checkpoint: Checkpoint | undefined;
  /** Whether this projector projects the log now; else it stands by, and others may be further. */
  readonly isActive: boolean;
  /** What stopped the version that serves. */
  readonly error: unknown;
};

export type Projector = {
  /** Finishes the transactions under way. */
  stop(): Promise<void>;
  /** Resolves when this projector has brought the read models of the log to the position. Rejects with what stopped it, or ProjectorError "timeout", "stopped". */
  caughtUp(log: string, position: number, options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Of every log found so far, by name. */
  standing(): readonly LogStanding[];
};

/** Of two releases whose rows have different shapes, each holds leases of its own and fills its own versions. */
const kind = `projector-${String(readModelShape)}`;

/** Whether a projector of this release's shape is at work on a log. */
export const isProjected = async (database: Database, log: string): Promise<boolean> => (await leaseStanding(database, kind)).held.has(`${kind}/${log}`);

/** How often new logs are looked for. */
const discoverMs = 200;
/** Before a log is asked for again that was handed over or lost. */
const standBackMs = 500;
const paceMsDefault = 20;
const timeoutMsDefault = 60_000;

/** Until the signal. Throws what stops the projection. */
const againAndAgain = async (signal: AbortSignal, follow: () => Promise<void>): Promise<void> => {
  while (!signal.aborted) {
    await follow();
    await sleep(standBackMs, undefined, { signal }).catch(() => undefined);
  }
};

/** One question for all who ask within that time. */
const sharedFor = <T>(ms: number, ask: () => Promise<T>): (() => Promise<T>) => {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const nowMs = performance.now();
    if (last === undefined || nowMs - last.atMs >= ms) last = { atMs: nowMs, answer: ask() };
    return last.answer;
  };
};

type Following = { checkpoint: Checkpoint | undefined; isActive: boolean; error: unknown; done: Promise<void> };

const report = (log: string, error: unknown): void => void process.stderr.write(`projector: log ${log}: ${error instanceof Error ? error.message : String(error)}\n`);

/** Projects every log, those that are opened later too; of several projectors each log has one at a time. Throws DatabaseError when the database cannot be reached at the start. */
export const startProjector = async (deps: ProjectorDeps): Promise<Projector> => {
  const { reader, database, snapshots, notifier, logger = silentLogger, instance = randomUUID(), leaseMs, faults = noFaults, paceMs = paceMsDefault, onStopped = report } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const followed = new Map<string, Following>();
  const waiting = createWaiting();
  const versions = sharedFor(lookMs, () => versionsOf(database));

  const start = (log: string): void => {
    const following: Following = { checkpoint: undefined, isActive: false, error: undefined, done: Promise.resolve() };
    const onServing = ({ checkpoint, error }: Serving): void => {
      following.checkpoint = checkpoint;
      following.error = error;
      waiting.look();
    };
    const follow = async (lease: HeldLease): Promise<void> => {
      following.isActive = true;
      const held = { signal: lease.signal, isHeld: lease.isHeld };
      await followLog({ reader, database, versions, snapshots, logger, faults, paceMs, ...held, onServing, onStopped: (_version, error) => { onStopped(log, error); } }, log).finally(() => (following.isActive = false));
    };
    followed.set(log, following);
    following.done = againAndAgain(signal, () => leases.hold(log, signal, follow)).catch((error: unknown) => {
      following.error = error;
      onStopped(log, error);
      waiting.look();
    });
  };

  const discover = async (): Promise<void> => {
    for (const { log } of await reader.heads()) if (!followed.has(log)) start(log);
  };

  const discovering = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(discoverMs, undefined, { signal }).catch(() => undefined);
      // A database that is away is waited out by those who follow; a new log is found when it is back.
      if (!signal.aborted) await discover().catch(() => undefined);
    }
  };

  // Asked first: when the database is away nothing has begun yet.
  await reader.heads();
  const leases = startLeaseKeeper({ database, notifier, logger, kind, holder: instance, leaseMs });
  await discover();
  const discovery = discovering();
  return {
    stop: async () => {
      stopping.abort();
      waiting.look();
      await discovery;
      await Promise.all([...followed.values()].map(({ done }) => done));
      await leases.stop();
    },
    caughtUp: (log, position, { timeoutMs = timeoutMsDefault } = {}) => {
      const reached = (): number => followed.get(log)?.checkpoint?.position ?? 0;
      const words = `The read models of log ${log}`;
      return waiting.until({
        timeoutMs,
        isReached: () => reached() >= position,
        failure: () =>
          followed.get(log)?.error ?? (signal.aborted ? new ProjectorError("stopped", `${words} did not reach position ${String(position)} before the projector was stopped.`) : undefined),
        timeout: () => new ProjectorError("timeout", `${words} did not reach position ${String(position)} within ${String(timeoutMs)} ms; they are at ${String(reached())}.`),
      });
    },
    standing: () =>
      [...followed]
        .map(([log, { checkpoint, isActive, error }]) => ({ log, checkpoint, isActive, error }))
        .sort((a, b) => (a.log < b.log ? -1 : 1)),
  };
};
