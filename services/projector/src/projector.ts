import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import type { Checkpoint } from "@finality/read-models";
import { noFaults, type Faults } from "@finality/service-kit";
import { ProjectorError } from "./errors.ts";
import { followLog } from "./follow-log.ts";
import { createWaiting } from "./waiting.ts";

export type ProjectorDeps = {
  readonly reader: LogReader;
  readonly database: Database;
  /** Crash tests end the process at the point `projector-batch`. */
  readonly faults?: Faults;
  /** Least time between two transactions of a log, milliseconds; default 20. */
  readonly paceMs?: number;
  /** Told once when the projection of a log stops by an error; the other logs go on. Default: one line on stderr. */
  readonly onStopped?: (log: string, error: unknown) => void;
};

export type LogStanding = {
  readonly log: string;
  /** Of the last committed record; undefined before the first. */
  readonly checkpoint: Checkpoint | undefined;
  /** What stopped the projection of this log. */
  readonly error: unknown;
};

export type Projector = {
  /** Finishes the transactions under way. */
  stop(): Promise<void>;
  /** Resolves when the read models of the log have reached the position. Rejects with what stopped it, or ProjectorError "timeout", "stopped". */
  caughtUp(log: string, position: number, options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Of every log found so far, by name. */
  standing(): readonly LogStanding[];
};

/** How often new logs are looked for. */
const discoverMs = 200;
const paceMsDefault = 20;
const timeoutMsDefault = 60_000;

type Following = { checkpoint: Checkpoint | undefined; error: unknown; done: Promise<void> };

const report = (log: string, error: unknown): void => void process.stderr.write(`projector: log ${log}: ${error instanceof Error ? error.message : String(error)}\n`);

/** Projects every log, those that are opened later too. Throws DatabaseError when the database cannot be reached at the start. */
export const startProjector = async (deps: ProjectorDeps): Promise<Projector> => {
  const { reader, database, faults = noFaults, paceMs = paceMsDefault, onStopped = report } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const followed = new Map<string, Following>();
  const waiting = createWaiting();

  const start = (log: string): void => {
    const following: Following = { checkpoint: undefined, error: undefined, done: Promise.resolve() };
    const onCommitted = (checkpoint: Checkpoint): void => {
      following.checkpoint = checkpoint;
      waiting.look();
    };
    followed.set(log, following);
    following.done = followLog({ reader, database, faults, paceMs, signal, onCommitted }, log).catch((error: unknown) => {
      if (error instanceof ProjectorError && error.code === "stopped") return;
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

  await discover();
  const discovery = discovering();
  return {
    stop: async () => {
      stopping.abort();
      waiting.look();
      await discovery;
      await Promise.all([...followed.values()].map(({ done }) => done));
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
        .map(([log, { checkpoint, error }]) => ({ log, checkpoint, error }))
        .sort((a, b) => (a.log < b.log ? -1 : 1)),
  };
};
