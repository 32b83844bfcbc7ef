import type { CommandJob } from "@finality/contracts";

export type JobHandler = (job: CommandJob) => Promise<void>;

export interface QueueWorker {
  /** Stops taking jobs, waits for the one in work. */
  close(): Promise<void>;
}

/** Wakes executors. At least once, may lose everything: the log and the attempts are the truth (rule 19). */
export interface WorkQueue {
  /** Adds a job to the account's FIFO queue. Adding a command that is still queued changes nothing; one whose job failed for good is queued again. */
  add(account: string, job: CommandJob): Promise<void>;
  /** One job at a time, in order. A handler that throws is retried a bounded number of times. */
  work(account: string, handler: JobHandler): Promise<QueueWorker>;
  /** Jobs of the account that are waiting, delayed or in work. */
  openJobs(account: string): Promise<number>;
  /** Drops every job of the account, whatever its state (an operator's tool, and the tests'). */
  empty(account: string): Promise<void>;
  close(): Promise<void>;
}
