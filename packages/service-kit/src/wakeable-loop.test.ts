import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@finality/testkit";
import { expect, test } from "vitest";
import { silentLogger } from "./logger.ts";
import { startLoop } from "./wakeable-loop.ts";

const never = 1_000_000;

test("runs at once, again when woken, and once more when woken during a round", async () => {
  let rounds = 0;
  let hold: Promise<undefined> = Promise.resolve(undefined);
  const loop = startLoop({ name: "loop", everyMs: never, logger: silentLogger, work: async () => { rounds += 1; await hold; } });
  await eventually(() => rounds === 1);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  hold = promise;
  loop.wake();
  await eventually(() => rounds === 2);
  loop.wake();
  loop.wake();
  expect(rounds).toBe(2);
  resolve(undefined);
  await eventually(() => rounds === 3);
  await sleep(10);
  expect(rounds).toBe(3);
  await loop.stop();
});

test("runs by itself when nobody wakes it, and not after it was stopped", async () => {
  let rounds = 0;
  const loop = startLoop({ name: "loop", everyMs: 1, logger: silentLogger, work: async () => { rounds += 1; } });
  await eventually(() => rounds > 2);
  await loop.stop();
  const stopped = rounds;
  loop.wake();
  await sleep(10);
  expect(rounds).toBe(stopped);
});

test("failures in a row are bounded, and a success in between forgives", async () => {
  let rounds = 0;
  const loop = startLoop({
    name: "sweep", everyMs: 0, failuresMax: 2, failurePauseMs: 0, logger: silentLogger,
    work: async () => {
      rounds += 1;
      if (rounds !== 3) throw new Error(`round ${String(rounds)}`);
    },
  });
  await expect(loop.failed).rejects.toMatchObject({ code: "gave_up", message: expect.stringContaining("sweep"), cause: { message: "round 6" } });
  await loop.stop();
});
