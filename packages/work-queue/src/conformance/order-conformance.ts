import { expect } from "vitest";
import { addAll, commandIds, createGate, createRecorder, until, type QueueChecks } from "./under-test.ts";

/** What is added is seen, in order. */
export const orderConformance: QueueChecks = {
  "jobs are seen once each, first in first out, whether added before or while working": async (underTest) => {
    const [dispatcher, executor] = [await underTest.open(), await underTest.open()];
    const account = underTest.account();
    await addAll(dispatcher, account, commandIds(0, 20));
    const { seen, handler } = createRecorder();
    await executor.work(account, handler);
    await until(() => seen.length === 20);
    await addAll(dispatcher, account, commandIds(20, 40));
    await until(async () => (await dispatcher.openJobs(account)) === 0);
    expect(seen).toEqual(commandIds(0, 40));
  },

  "one job at a time": async (underTest) => {
    const queue = await underTest.open();
    const account = underTest.account();
    let running = 0;
    let most = 0;
    const { seen, handler } = createRecorder(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    });
    await queue.work(account, handler);
    await Promise.all(commandIds(0, 10).map((commandId) => queue.add(account, { commandId })));
    await until(() => seen.length === 10 && running === 0);
    expect(most).toBe(1);
  },

  "accounts do not see each other's jobs, and a busy one holds nobody back": async (underTest) => {
    const queue = await underTest.open();
    const [held, free] = [underTest.account(), underTest.account()];
    const gate = createGate();
    const ofHeld = createRecorder(() => gate.opened);
    const ofFree = createRecorder();
    await queue.work(held, ofHeld.handler);
    await queue.work(free, ofFree.handler);
    await addAll(queue, held, ["held-1", "held-2"]);
    await until(() => ofHeld.seen.length === 1);
    await addAll(queue, free, ["free-1", "free-2"]);
    await until(() => ofFree.seen.length === 2);
    expect(ofHeld.seen).toEqual(["held-1"]);
    gate.open();
    await until(() => ofHeld.seen.length === 2);
    expect(ofFree.seen).toEqual(["free-1", "free-2"]);
  },

  "adding what still waits or is in work changes nothing; adding what is done queues it again": async (underTest) => {
    const queue = await underTest.open();
    const account = underTest.account();
    await addAll(queue, account, ["a", "b", "a", "b", "a"]);
    expect(await queue.openJobs(account)).toBe(2);
    const gate = createGate();
    const { seen, handler } = createRecorder(() => gate.opened);
    await queue.work(account, handler);
    await until(() => seen.length === 1);
    await addAll(queue, account, ["a"]);
    expect(await queue.openJobs(account)).toBe(2);
    gate.open();
    await until(async () => (await queue.openJobs(account)) === 0);
    expect(seen).toEqual(["a", "b"]);
    await addAll(queue, account, ["a"]);
    await until(() => seen.length === 3);
    expect(seen).toEqual(["a", "b", "a"]);
  },

  "open jobs are those that wait, wait to be tried again, and are in work": async (underTest) => {
    const queue = await underTest.open({ attempts: 2, backoffMs: 300 });
    const account = underTest.account();
    expect(await queue.openJobs(account)).toBe(0);
    await addAll(queue, account, ["a", "b"]);
    expect(await queue.openJobs(account)).toBe(2);
    let failing = true;
    const gate = createGate();
    const { seen, handler } = createRecorder(async ({ commandId }) => {
      if (commandId === "a" && failing) throw new Error("not yet");
      await gate.opened;
    });
    await queue.work(account, handler);
    await until(() => seen.includes("b"));
    // One waits to be tried again, or is in work again; the other is in work or waits.
    failing = false;
    expect(await queue.openJobs(account)).toBe(2);
    gate.open();
    await until(async () => (await queue.openJobs(account)) === 0);
    expect([...seen].sort()).toEqual(["a", "a", "b"]);
  },

  "two workers of one account share its jobs: each is seen by one of them": async (underTest) => {
    const [one, two] = [await underTest.open(), await underTest.open()];
    const account = underTest.account();
    const recorders = [createRecorder(), createRecorder()] as const;
    await one.work(account, recorders[0].handler);
    await two.work(account, recorders[1].handler);
    await addAll(one, account, commandIds(0, 40));
    await until(async () => (await one.openJobs(account)) === 0);
    const seen = [...recorders[0].seen, ...recorders[1].seen];
    expect(seen).toHaveLength(40);
    expect(new Set(seen)).toEqual(new Set(commandIds(0, 40)));
  },

  "an emptied queue is empty in every state, and works on": async (underTest) => {
    const queue = await underTest.open();
    const account = underTest.account();
    const gate = createGate();
    const { seen, handler } = createRecorder(({ commandId }) => (commandId === "SPX-1-0" ? gate.opened : Promise.resolve()));
    await queue.work(account, handler);
    await addAll(queue, account, commandIds(0, 5));
    await until(() => seen.length === 1);
    await queue.empty(account);
    expect(await queue.openJobs(account)).toBe(0);
    gate.open();
    await addAll(queue, account, ["after"]);
    await until(() => seen.includes("after"));
    await until(async () => (await queue.openJobs(account)) === 0);
    expect(seen).toEqual(["SPX-1-0", "after"]);
  },

  "a job outlives everybody": async (underTest) => {
    const first = await underTest.open();
    const account = underTest.account();
    await addAll(first, account, ["a"]);
    await first.close();
    const second = await underTest.open();
    expect(await second.openJobs(account)).toBe(1);
    const { seen, handler } = createRecorder();
    await second.work(account, handler);
    await until(() => seen.length === 1);
    expect(seen).toEqual(["a"]);
  },
};
