import { eventually } from "@finality/testkit";
import { expect, test } from "vitest";
import { silentLogger } from "./logger.ts";
import { createShutdown } from "./shutdown.ts";

const never = (): Promise<void> => new Promise(() => undefined);

test("steps run once, last added first, and a failing one does not keep the others", async () => {
  const shutdown = createShutdown({ logger: silentLogger });
  const order: string[] = [];
  shutdown.add("database", async () => void order.push("database"));
  shutdown.add("queue", async () => {
    order.push("queue");
    throw new Error("lost");
  });
  shutdown.add("executor", async () => void order.push("executor"));
  const [first, second] = await Promise.all([shutdown.stop(), shutdown.stop()]);
  expect(order).toEqual(["executor", "queue", "database"]);
  expect([first, second]).toEqual([false, false]);
  expect(shutdown.signal.aborted).toBe(true);
});

test("a signal stops and exits with its code", async () => {
  const exits: number[] = [];
  const shutdown = createShutdown({ logger: silentLogger, exit: (code) => exits.push(code) });
  let closed = false;
  shutdown.add("step", async () => void (closed = true));
  const undo = shutdown.onSignals();
  process.emit("SIGTERM");
  await eventually(() => exits.length > 0);
  undo();
  expect([exits, closed]).toEqual([[143], true]);
});

test("a second signal ends at once, and so does the bound, whatever still hangs", async () => {
  const exits: number[] = [];
  const hanging = createShutdown({ logger: silentLogger, exit: (code) => exits.push(code) });
  hanging.add("hanging step", never);
  const undo = hanging.onSignals();
  process.emit("SIGINT");
  process.emit("SIGINT");
  undo();
  expect(exits).toEqual([130]);

  const bounded = createShutdown({ logger: silentLogger, boundMs: 1, exit: (code) => exits.push(code) });
  bounded.add("hanging step", never);
  const undoBounded = bounded.onSignals();
  process.emit("SIGINT");
  await eventually(() => exits.length === 2);
  undoBounded();
  expect(exits).toEqual([130, 130]);
});
