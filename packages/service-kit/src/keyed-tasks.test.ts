import { eventually } from "@finality/testkit";
import { expect, test } from "vitest";
import { startKeyedTasks } from "./keyed-tasks.ts";
import { silentLogger } from "./logger.ts";

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => { resolve(); }, { once: true });
  });

test("each key gets one task when it appears, and stop ends them all", async () => {
  const keys = ["BTC"];
  const begun: string[] = [];
  const ended: string[] = [];
  const tasks = startKeyedTasks({
    name: "follower", keys: async () => keys, everyMs: 1, logger: silentLogger,
    run: async (key, signal) => {
      begun.push(key);
      await untilAborted(signal);
      ended.push(key);
    },
  });
  await eventually(() => begun.length === 1);
  keys.push("ETH");
  await eventually(() => begun.length === 2);
  expect(tasks.keys()).toEqual(["BTC", "ETH"]);
  await tasks.stop();
  expect(ended.toSorted()).toEqual(["BTC", "ETH"]);
});

test("a task that fails starts again; one that fails too often gives all up by name", async () => {
  const runs: Record<string, number> = {};
  const tasks = startKeyedTasks({
    name: "follower", keys: async () => ["BTC", "ETH"], everyMs: 1, failuresMax: 3, failurePauseMs: 0, logger: silentLogger,
    run: async (key, signal) => {
      runs[key] = (runs[key] ?? 0) + 1;
      if (key === "BTC" && runs[key] > 2) return untilAborted(signal);
      throw new Error(`${key} failed`);
    },
  });
  await expect(tasks.failed).rejects.toMatchObject({ code: "gave_up", message: expect.stringContaining("ETH"), cause: { message: "ETH failed" } });
  await tasks.stop();
  expect(runs).toEqual({ BTC: 3, ETH: 4 });
});
