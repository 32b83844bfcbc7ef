import { spawn } from "node:child_process";
import { join } from "node:path";
import { eventually } from "@finality/testkit";
import type { QueueBackend } from "../engine.ts";
import type { WorkQueueError } from "../errors.ts";
import type { WorkQueueOptions } from "../bull-work-queue.ts";
import type { JobHandler, WorkQueue } from "../work-queue.ts";

/** What the parts of the suite share. */
export type QueueUnderTest = {
  /** Another client of the same storage; closed after the test. */
  open(options?: Partial<WorkQueueOptions>): Promise<WorkQueue>;
  /** A new name each time. */
  account(): string;
  readonly backend: () => QueueBackend;
  /** What `onError` of all clients of this test was called with. */
  readonly errors: readonly WorkQueueError[];
};

/** The name of each test, and what it does. */
export type QueueChecks = Readonly<Record<string, (underTest: QueueUnderTest) => Promise<void>>>;

export const waitLongMs = 60_000;

export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  await eventually(condition, { timeoutMs: waitLongMs });
};

export const commandIds = (from: number, to: number): readonly string[] => Array.from({ length: to - from }, (_, index) => `SPX-1-${from + index}`);

export const addAll = async (queue: WorkQueue, account: string, ids: readonly string[]): Promise<void> => {
  for (const commandId of ids) await queue.add(account, { commandId });
};

/** A handler that remembers what it was given, then does `then`. */
export const createRecorder = (then: JobHandler = async () => undefined) => {
  const seen: string[] = [];
  const handler: JobHandler = async (job) => {
    seen.push(job.commandId);
    await then(job);
  };
  return { seen, handler };
};

/** Something that a handler waits for until the test lets it go on. */
export const createGate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
};

/** Starts a worker in a process of its own, waits until it has taken a job, and kills that process. Returns the job's command id. */
export const killWorkerMidJob = async ({ backend }: QueueUnderTest, account: string, lockMs: number): Promise<string> => {
  const script = join(import.meta.dirname, "hanging-worker.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(backend()), account, String(lockMs)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    return await new Promise<string>((resolve, reject) => {
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        const taken = /took (.+)\n/.exec(printed)?.[1];
        if (taken !== undefined) resolve(taken);
      });
      child.once("exit", (code) => reject(new Error(`The worker ended with ${code ?? "a signal"} before it took a job`)));
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
};
