import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Database, type Notifier } from "@finality/database";
import { orderedGeneration, type LogReader } from "@finality/event-log";
import { halt, startLeaseKeeper, type HeldLease } from "@finality/execution";
import { createSnapshotStore, createTreeStore, HistoryError } from "@finality/history";
import { startLoop, type Logger } from "@finality/service-kit";
import { attendLog, type Signing } from "./attend-log.ts";
import { NotaryError } from "./errors.ts";
import { attendWitness, type Witness, type Witnessed } from "./witnesses.ts";

export type NotaryDeps = {
  readonly database: Database;
  readonly reader: LogReader;
  readonly notifier?: Notifier;
  readonly signing?: Signing | undefined;
  /** Each is asked to sign every log's checkpoints, too. */
  readonly witnesses?: readonly Witness[];
  /** Default 10,000 records. */
  readonly snapshotEvery?: number;
  readonly build: string;
  readonly logger: Logger;
  /** Names this start of the process in leases. */
  readonly instance: string;
  readonly leaseMs?: number;
};

export type LogAttestation = {
  readonly log: string;
  /** Records attested by this process; 0 while another one attends the log. */
  readonly position: number;
  /** Why it is attested no further; its trading is held. */
  readonly error: Error | undefined;
  /** Of each witness that was asked. */
  readonly witnessed: readonly Witnessed[];
};

export type Notary = {
  standing(): readonly LogAttestation[];
  /** Finishes what is under way. */
  stop(): Promise<void>;
};

const discoverMs = 200;
const retryMs = 500;
const snapshotEveryDefault = 10_000;
/** Stands for this service where a person's reference would. */
const actor = "notary";

type Attended = { position: number; error: Error | undefined; done: Promise<void>; readonly witnessed: Map<string, Witnessed> };

/** What no waiting mends: the log is not what was attested, or does not fold to what its writer hashed. */
const isDivergence = (error: unknown): error is Error => error instanceof NotaryError || (error instanceof HistoryError && error.code === "state_hash_mismatch");

/** Attests every log, those that are opened later too; of several notaries each log has one at a time. */
export const startNotary = ({ database, reader, notifier, signing, witnesses = [], snapshotEvery = snapshotEveryDefault, build, logger, instance, leaseMs }: NotaryDeps): Notary => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const attended = new Map<string, Attended>();
  const leases = startLeaseKeeper({ database, notifier, logger, kind: "notary", holder: instance, leaseMs });
  const shared = { reader, tree: createTreeStore(database), snapshots: createSnapshotStore(database), signing, snapshotEvery, build, logger, awaitsGeneration: async (log: string) => (await orderedGeneration(database, log)) !== undefined };

  /** In force for every executor at once (rule 22). The same finding again changes nothing. */
  const holdTrading = async (log: string, error: Error): Promise<void> => {
    const head = await reader.head(log);
    await halt(database, { haltId: `notary-${log}-${String(head?.generation ?? 0)}-${String(head?.position ?? 0)}`, log, actor });
    logger.error({ log, err: error }, `log ${log} is not what was attested; its trading is held: ${error.message}`);
  };

  /** Witnesses are asked beside, for as long as the log is attended. */
  const attendHeld = async (log: string, own: Attended, lease: HeldLease): Promise<void> => {
    const ending = new AbortController();
    const { tree } = shared;
    const onWitnessed = (witnessed: Witnessed): void => void own.witnessed.set(witnessed.witness, witnessed);
    const witnessing = witnesses.map((witness) => attendWitness({ tree, logger, signal: AbortSignal.any([lease.signal, ending.signal]), onWitnessed }, witness, log));
    try {
      await attendLog({ ...shared, signal: lease.signal, isHeld: lease.isHeld, onAttested: (position) => void (own.position = position) }, log);
    } finally {
      ending.abort();
      await Promise.all(witnessing);
      own.position = 0;
      own.witnessed.clear();
    }
  };

  const attend = async (log: string, own: Attended): Promise<void> => {
    while (!signal.aborted && own.error === undefined) {
      try {
        await leases.hold(log, signal, (lease) => attendHeld(log, own, lease));
      } catch (error) {
        if (isDivergence(error)) {
          await holdTrading(log, error);
          own.error = error;
        } else if (!signal.aborted) logger[error instanceof DatabaseError ? "warn" : "error"]({ log, err: error }, `log ${log} could not be attested; it is tried again`);
      }
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  };

  const discovery = startLoop({
    name: "notary",
    logger,
    everyMs: discoverMs,
    work: async () => {
      for (const { log } of await reader.heads()) {
        if (attended.has(log)) continue;
        const own: Attended = { position: 0, error: undefined, done: Promise.resolve(), witnessed: new Map() };
        attended.set(log, own);
        own.done = attend(log, own).catch((error: unknown) => { logger.error({ log, err: error }, `trading of log ${log} could not be held`); });
      }
    },
    // A database that is away is waited out; a new log is found when it is back.
    failuresMax: Infinity,
  });

  return {
    standing: () => [...attended].map(([log, { position, error, witnessed }]) => ({ log, position, error, witnessed: [...witnessed.values()] })).sort((a, b) => (a.log < b.log ? -1 : 1)),
    stop: async () => {
      stopping.abort();
      await discovery.stop();
      await Promise.all([...attended.values()].map(({ done }) => done));
      await leases.stop();
    },
  };
};
