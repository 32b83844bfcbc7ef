import { setTimeout as sleep } from "node:timers/promises";
import { CommandJob } from "@finality/contracts";
import { UnrecoverableError, type Job } from "bullmq";
import { Compile } from "typebox/compile";
import { engineOf, type Engine, type JobQueue, type QueueBackend, type WorkerSettings } from "./engine.ts";
import { WorkQueueError, withoutArguments } from "./errors.ts";
import { jobIdOf, queueNameOf } from "./names.ts";
import type { JobHandler, QueueWorker, WorkQueue } from "./work-queue.ts";

export type WorkQueueOptions = {
  /** Called for what nobody waits for: lost connections, failed attempts' last failure, jobs that were dropped. The queue goes on. */
  readonly onError: (error: WorkQueueError) => void;
  /** Times a handler is called for a job before it is dropped, >= 1; default 3. */
  readonly attempts?: number;
  /** Milliseconds before a failed job is tried again; default 200. */
  readonly backoffMs?: number;
  /** Milliseconds without a sign of life after which a worker counts as dead; its job moves on after at most twice that. Default 15,000. */
  readonly lockMs?: number;
  /** Milliseconds after which an idle worker looks by itself in PostgreSQL; default 250. Redis wakes the workers that it has lost sight of. */
  readonly pollMs?: number;
};

const commandJob = Compile(CommandJob);
const sameLossMs = 10_000;
/** For telling the storage what was done, once the handlers have ended. */
const farewellMs = 2_000;
const openStates = ["waiting", "active", "delayed", "prioritized"] as const;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const unavailable = (doing: string, error: unknown): WorkQueueError =>
  error instanceof WorkQueueError ? error : new WorkQueueError("unavailable", `${doing} failed: ${messageOf(error)}`, withoutArguments(error));

type OpenWorker = QueueWorker & {
  /** The job in work, if any. */
  running(): Promise<void>;
};

const runJob = async (handler: JobHandler, job: Job<unknown, void>): Promise<void> => {
  const { data } = job;
  if (!commandJob.Check(data)) throw new UnrecoverableError(`The job ${job.id ?? "without an id"} is not a CommandJob: ${JSON.stringify(data)}`);
  await handler(data);
};

const droppedJob = (account: string, job: Job<unknown, void> | undefined, error: Error): WorkQueueError => {
  const code = error instanceof UnrecoverableError && !commandJob.Check(job?.data) ? "bad_job" : "job_failed";
  return new WorkQueueError(code, `The job ${job?.id ?? "without an id"} of ${account} was dropped: ${error.message}`, error);
};

/** A lost connection is reported by everybody who shares it, at each attempt to get it back: one report in a while is enough. */
const createLossReport = (onError: (error: WorkQueueError) => void) => {
  let last = { message: "", atMs: -Infinity };
  return (doing: string, error: Error): void => {
    const nowMs = performance.now();
    if (error.message === last.message && nowMs - last.atMs < sameLossMs) return;
    last = { message: error.message, atMs: nowMs };
    onError(unavailable(doing, error));
  };
};
type LossReport = ReturnType<typeof createLossReport>;

/** One account's queue over all its calls: an engine's queue that could not connect never recovers, so it is thrown away and opened anew. */
const createQueues = (open: (name: string) => JobQueue, onLoss: LossReport) => {
  const queues = new Map<string, Promise<JobQueue>>();
  const openReady = async (account: string): Promise<JobQueue> => {
    const queue = open(queueNameOf(account));
    queue.on("error", (error) => onLoss(`The queue of ${account}`, error));
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      queues.delete(account);
      await queue.close();
      throw error;
    }
  };
  return {
    get: (account: string): Promise<JobQueue> => {
      const known = queues.get(account);
      if (known !== undefined) return known;
      const opening = openReady(account);
      queues.set(account, opening);
      return opening;
    },
    close: async (): Promise<void> => {
      const opened = await Promise.allSettled(queues.values());
      await Promise.all(opened.filter((queue) => queue.status === "fulfilled").map(({ value }) => value.close()));
    },
  };
};

const emptyQueue = async (queue: JobQueue): Promise<void> => {
  // The engine empties a paused queue only, and forgets the pause with it.
  await queue.pause();
  try {
    await queue.obliterate({ force: true });
  } finally {
    await queue.resume();
  }
};

type WorkerDeps = { readonly engine: Engine; readonly settings: WorkerSettings; readonly onError: (error: WorkQueueError) => void; readonly onLoss: LossReport };

const createWorkers = ({ engine, settings, onError, onLoss }: WorkerDeps) => {
  const workers = new Set<OpenWorker>();
  const start = async (account: string, handler: JobHandler): Promise<QueueWorker> => {
    let running: Promise<void> = Promise.resolve();
    const worker = engine.openWorker(queueNameOf(account), (job) => (running = runJob(handler, job)), settings);
    const close = async (): Promise<void> => {
      // A storage that is away cannot be told that the job is done, and gives out no other: only the handler is waited for.
      if (engine.away() !== undefined) await started.running();
      await worker.close(engine.away() !== undefined);
      workers.delete(started);
    };
    const started: OpenWorker = { close, running: () => running.catch(() => undefined) };
    workers.add(started);
    worker.on("error", (error) => onLoss(`The worker of ${account}`, error));
    worker.on("failed", (job, error) => {
      if (job?.finishedOn !== undefined) onError(droppedJob(account, job, error));
    });
    try {
      await worker.waitUntilReady();
    } catch (error) {
      await close();
      throw error;
    }
    return started;
  };

  return {
    start,
    close: async (): Promise<void> => {
      await Promise.all([...workers].map((worker) => worker.close()));
    },
    /** Resolves when the handlers have ended. */
    running: async (): Promise<void> => {
      await Promise.all([...workers].map((worker) => worker.running()));
    },
  };
};

/** Opens BullMQ over `backend`, creating its tables when they are missing. Throws WorkQueueError "unavailable". */
export const openWorkQueue = async (backend: QueueBackend, options: WorkQueueOptions): Promise<WorkQueue> => {
  const { onError, attempts = 3, backoffMs = 200, lockMs = 15_000, pollMs = 250 } = options;
  const engine = engineOf(backend);
  const unsafe = await engine.prepare().catch((error: unknown) => {
    engine.close();
    throw unavailable("Opening the work queue", error);
  });
  for (const found of unsafe) onError(new WorkQueueError("unsafe_storage", `${found}; what is lost is queued again by the sweep, later than it should be.`));
  const onLoss = createLossReport(onError);
  const queues = createQueues((name) => engine.openQueue(name), onLoss);
  const workers = createWorkers({ engine, settings: { lockMs, pollMs }, onError, onLoss });
  let closing: Promise<void> | undefined;

  const withQueue = async <T>(doing: string, account: string, work: (queue: JobQueue) => Promise<T>): Promise<T> => {
    if (closing !== undefined) throw new WorkQueueError("closed", `${doing} for ${account}: the work queue is closed.`);
    const away = engine.away();
    if (away !== undefined) throw new WorkQueueError("unavailable", `${doing} for ${account} failed: ${away}.`);
    try {
      return await work(await queues.get(account));
    } catch (error) {
      throw unavailable(`${doing} for ${account}`, error);
    }
  };

  const closeAll = async (): Promise<void> => {
    const closed = workers.close().then(queues.close);
    const cut = new AbortController();
    const late = workers.running().then(() => sleep(farewellMs, undefined, { signal: cut.signal })).catch(() => undefined);
    await Promise.race([closed, late]);
    cut.abort();
    engine.close();
  };

  return {
    add: async (account, { commandId }) => {
      const jobId = jobIdOf(commandId);
      // Removed when done and when failed for good: the engine ignores an id that it still knows in any state.
      const settings = { jobId, attempts, backoff: { type: "fixed", delay: backoffMs }, removeOnComplete: true, removeOnFail: true };
      await withQueue(`Adding ${commandId}`, account, (queue) => queue.add("command", { commandId }, settings));
    },
    work: (account, handler) =>
      withQueue("Starting a worker", account, async (queue) => {
        // A process that died while it emptied the queue left it paused; nothing of ours pauses one for longer.
        await queue.resume();
        return workers.start(account, handler);
      }),
    openJobs: (account) =>
      withQueue("Counting the jobs", account, async (queue) => Object.values(await queue.getJobCounts(...openStates)).reduce((sum, count) => sum + count, 0)),
    empty: (account) => withQueue("Emptying the queue", account, emptyQueue),
    close: () => (closing ??= closeAll()),
  };
};
