import { CommandJob } from "@finality/contracts";
import { UnrecoverableError, type Job } from "bullmq";
import { Compile } from "typebox/compile";
import { engineOf, type JobQueue, type JobWorker, type QueueBackend } from "./engine.ts";
import { WorkQueueError } from "./errors.ts";
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
  /** Milliseconds after which an idle worker looks by itself; default 250. */
  readonly pollMs?: number;
};

const commandJob = Compile(CommandJob);
const openStates = ["waiting", "active", "delayed", "prioritized"] as const;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const unavailable = (doing: string, error: unknown): WorkQueueError =>
  error instanceof WorkQueueError ? error : new WorkQueueError("unavailable", `${doing} failed: ${messageOf(error)}`, error);

const runJob = async (handler: JobHandler, job: Job<unknown, void>): Promise<void> => {
  const { data } = job;
  if (!commandJob.Check(data)) throw new UnrecoverableError(`The job ${job.id ?? "without an id"} is not a CommandJob: ${JSON.stringify(data)}`);
  await handler(data);
};

const droppedJob = (account: string, job: Job<unknown, void> | undefined, error: Error): WorkQueueError => {
  const code = error instanceof UnrecoverableError && !commandJob.Check(job?.data) ? "bad_job" : "job_failed";
  return new WorkQueueError(code, `The job ${job?.id ?? "without an id"} of ${account} was dropped: ${error.message}`, error);
};

/** One account's queue over all its calls: an engine's queue that could not connect never recovers, so it is thrown away and opened anew. */
const createQueues = (open: (name: string) => JobQueue, onError: (error: WorkQueueError) => void) => {
  const queues = new Map<string, Promise<JobQueue>>();
  const openReady = async (account: string): Promise<JobQueue> => {
    const queue = open(queueNameOf(account));
    queue.on("error", (error) => onError(unavailable(`The queue of ${account}`, error)));
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

/** Opens BullMQ over `backend`, creating its tables when they are missing. Throws WorkQueueError "unavailable". */
export const openWorkQueue = async (backend: QueueBackend, options: WorkQueueOptions): Promise<WorkQueue> => {
  const { onError, attempts = 3, backoffMs = 200, lockMs = 15_000, pollMs = 250 } = options;
  const engine = engineOf(backend);
  await engine.prepare().catch((error: unknown) => {
    throw unavailable("Opening the work queue", error);
  });
  const queues = createQueues((name) => engine.openQueue(name), onError);
  const workers = new Set<JobWorker>();
  let closed = false;

  const withQueue = async <T>(doing: string, account: string, work: (queue: JobQueue) => Promise<T>): Promise<T> => {
    if (closed) throw new WorkQueueError("closed", `${doing} for ${account}: the work queue is closed.`);
    try {
      return await work(await queues.get(account));
    } catch (error) {
      throw unavailable(`${doing} for ${account}`, error);
    }
  };

  const startWorker = async (account: string, handler: JobHandler): Promise<QueueWorker> => {
    const worker = engine.openWorker(queueNameOf(account), (job) => runJob(handler, job), { lockMs, pollMs });
    const close = async (): Promise<void> => {
      await worker.close();
      workers.delete(worker);
    };
    worker.on("error", (error) => onError(unavailable(`The worker of ${account}`, error)));
    worker.on("failed", (job, error) => {
      if (job?.finishedOn !== undefined) onError(droppedJob(account, job, error));
    });
    try {
      await worker.waitUntilReady();
    } catch (error) {
      await close();
      throw error;
    }
    workers.add(worker);
    return { close };
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
        return startWorker(account, handler);
      }),
    openJobs: (account) =>
      withQueue("Counting the jobs", account, async (queue) => Object.values(await queue.getJobCounts(...openStates)).reduce((sum, count) => sum + count, 0)),
    empty: (account) => withQueue("Emptying the queue", account, emptyQueue),
    close: async () => {
      closed = true;
      await Promise.all([...workers].map((worker) => worker.close()));
      workers.clear();
      await queues.close();
    },
  };
};
