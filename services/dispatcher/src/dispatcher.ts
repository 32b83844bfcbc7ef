import { randomUUID } from "node:crypto";
import { commandIdOf, decodeRecord, type StoredRecord } from "@finality/contracts";
import type { Database, Notifier } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { checkpointOf, dispatcherFollower, recordCommands, startLeaseKeeper, unansweredCommands, whileAlone, type DecidedHedge, type HeldLease } from "@finality/execution";
import { startKeyedTasks, startLoop, type Faults, type Logger } from "@finality/service-kit";
import type { WorkQueue } from "@finality/work-queue";

export type DispatcherDeps = {
  readonly database: Database;
  readonly reader: LogReader;
  readonly queue: WorkQueue;
  readonly notifier: Notifier;
  readonly faults: Faults;
  readonly logger: Logger;
  /** Names this start of the process in leases; default: a random name. */
  readonly instance?: string;
  /** How long a silent dispatcher keeps its logs; default 5,000. Milliseconds. */
  readonly leaseMs?: number;
  /** How often new logs are looked for; default 250. Milliseconds. */
  readonly pollMs?: number;
  /** How often commands without an answer are queued again; default 2,000. Milliseconds. */
  readonly sweepMs?: number;
};

export type Dispatcher = {
  /** Queues every command without an answer, now; call it when the queue or the database came back. */
  sweep(): void;
  /** Rejects when it gave up for good; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
};

const follower = dispatcherFollower;
const pollMsDefault = 250;
const sweepMsDefault = 2_000;

/** Follows every log: a recorded `HedgeDecided` becomes a command, and a job that carries its id. Of several dispatchers each log has one at a time. */
export const startDispatcher = (deps: DispatcherDeps): Dispatcher => {
  const { database, notifier, reader, logger, instance = randomUUID(), leaseMs, pollMs = pollMsDefault, sweepMs = sweepMsDefault } = deps;
  const leases = startLeaseKeeper({ database, notifier, logger, kind: follower, holder: instance, leaseMs });
  const tasks = startKeyedTasks({
    name: "dispatcher",
    keys: async () => (await reader.heads()).map(({ log }) => log),
    everyMs: pollMs,
    run: (log, signal) => leases.hold(log, signal, (lease) => followLog(deps, log, lease)),
    logger,
  });
  const sweeper = startLoop({ name: "dispatcher's sweep", everyMs: sweepMs, work: (signal) => sweep(deps, signal), logger });
  const failed = Promise.race([tasks.failed, sweeper.failed]);
  failed.catch(() => undefined);
  return {
    sweep: sweeper.wake,
    failed,
    stop: async () => {
      await Promise.all([tasks.stop(), sweeper.stop()]);
      await leases.stop();
    },
  };
};

const followLog = async (deps: DispatcherDeps, log: string, { signal, isHeld }: HeldLease): Promise<void> => {
  let position = await checkpointOf(deps.database, follower, log);
  await whileAlone(async () => {
    for await (const records of deps.reader.follow(log, position, signal)) {
      if (!isHeld()) return;
      position = await dispatch(deps, log, position, records);
    }
  });
};

const decidedIn = (records: readonly StoredRecord[]): readonly DecidedHedge[] =>
  records
    .filter(({ type }) => type === "HedgeDecided")
    .map((stored) => decodeRecord(stored))
    .filter((record) => record.type === "HedgeDecided");

/** Returns the position that was reached. */
const dispatch = async ({ database, queue, notifier, faults, logger }: DispatcherDeps, log: string, from: number, records: readonly StoredRecord[]): Promise<number> => {
  const to = records.at(-1)?.position ?? from;
  const decided = decidedIn(records);
  await recordCommands(database, { follower, log, from, to }, decided);
  if (decided.length === 0) return to;
  faults.passing("commit-enqueue");
  for (const record of decided) {
    const commandId = commandIdOf(record);
    const { account } = record.body;
    try {
      await queue.add(account, { commandId });
    } catch (error) {
      // The command is recorded: the sweep adds it again.
      logger.warn({ err: error, log, account, commandId }, "a recorded command could not be queued; the sweep tries again");
    }
  }
  notifier.notify("execution_command");
  return to;
};

/** The queue may have lost anything (rule 19); adding what is still queued changes nothing. */
const sweep = async ({ database, queue }: DispatcherDeps, signal: AbortSignal): Promise<void> => {
  for (const { commandId, account } of await unansweredCommands(database)) {
    if (signal.aborted) return;
    await queue.add(account, { commandId });
  }
};
