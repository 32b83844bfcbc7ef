import { expect } from "vitest";
import { addAll, createGate, createRecorder, killWorkerMidJob, until, type QueueChecks } from "./under-test.ts";

/** Handlers that throw, workers that die, calls that make no sense. */
export const failureConformance: QueueChecks = {
  "a handler that throws is tried again, a stated number of times": async (underTest) => {
    const queue = await underTest.open({ attempts: 3 });
    const account = underTest.account();
    const { seen, handler } = createRecorder(async ({ commandId }) => {
      if (commandId === "bad") throw new Error("no such venue");
    });
    await queue.work(account, handler);
    await addAll(queue, account, ["bad", "good"]);
    await until(async () => (await queue.openJobs(account)) === 0);
    await until(() => underTest.errors.length === 1);
    expect([...seen].sort()).toEqual(["bad", "bad", "bad", "good"]);
    expect(underTest.errors[0]).toMatchObject({ name: "WorkQueueError", code: "job_failed" });
    expect(underTest.errors[0]?.message).toContain("no such venue");
  },

  "a job that failed for good is queued again when it is added again": async (underTest) => {
    const queue = await underTest.open({ attempts: 1 });
    const account = underTest.account();
    let failing = true;
    const { seen, handler } = createRecorder(async () => {
      if (failing) throw new Error("away");
    });
    await queue.work(account, handler);
    await addAll(queue, account, ["a"]);
    await until(async () => seen.length === 1 && (await queue.openJobs(account)) === 0);
    failing = false;
    await addAll(queue, account, ["a"]);
    await until(() => seen.length === 2);
    await until(async () => (await queue.openJobs(account)) === 0);
    expect(seen).toEqual(["a", "a"]);
  },

  "the job of a killed worker goes to another": async (underTest) => {
    const lockMs = 1_000;
    const queue = await underTest.open({ lockMs });
    const account = underTest.account();
    await addAll(queue, account, ["a", "b"]);
    expect(await killWorkerMidJob(underTest, account, lockMs)).toBe("a");
    const { seen, handler } = createRecorder();
    await queue.work(account, handler);
    await until(async () => (await queue.openJobs(account)) === 0);
    expect([...seen].sort()).toEqual(["a", "b"]);
  },

  "a job whose workers died too often is seen again once it is added again": async (underTest) => {
    const lockMs = 1_000;
    const queue = await underTest.open({ lockMs });
    const account = underTest.account();
    await addAll(queue, account, ["a"]);
    for (let death = 0; death < 2; death++) expect(await killWorkerMidJob(underTest, account, lockMs)).toBe("a");
    const { seen, handler } = createRecorder();
    await queue.work(account, handler);
    // The engine drops it without calling the handler; the sweep's next `add` must not be swallowed.
    await until(async () => (await queue.openJobs(account)) === 0);
    await addAll(queue, account, ["a"]);
    await until(() => seen.includes("a"));
    await until(async () => (await queue.openJobs(account)) === 0);
  },

  "closing a worker waits for the job in work and takes no other": async (underTest) => {
    const queue = await underTest.open();
    const account = underTest.account();
    const gate = createGate();
    let finished = false;
    const { seen, handler } = createRecorder(async () => {
      await gate.opened;
      finished = true;
    });
    const worker = await queue.work(account, handler);
    await addAll(queue, account, ["a", "b"]);
    await until(() => seen.length === 1);
    const closed = worker.close().then(() => finished);
    gate.open();
    expect(await closed).toBe(true);
    expect(seen).toEqual(["a"]);
    expect(await queue.openJobs(account)).toBe(1);
  },

  "an idle worker, and a queue with one, close": async (underTest) => {
    const queue = await underTest.open();
    const account = underTest.account();
    const worker = await queue.work(account, createRecorder().handler);
    await worker.close();
    await queue.work(account, createRecorder().handler);
    await queue.close();
    await expect(queue.add(account, { commandId: "a" })).rejects.toMatchObject({ name: "WorkQueueError", code: "closed" });
    expect(underTest.errors).toEqual([]);
  },

  "a command id that cannot be a job id is refused": async (underTest) => {
    const queue = await underTest.open();
    for (const commandId of ["SPX:1", "42", ""]) {
      await expect(queue.add(underTest.account(), { commandId })).rejects.toMatchObject({ name: "WorkQueueError", code: "bad_command_id" });
    }
  },
};
