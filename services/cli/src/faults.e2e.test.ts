import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBus } from "@finality/bus";
import { topics } from "@finality/contracts";
import { eventually, lacksKafka, lacksRedis } from "@finality/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from "vitest";
import { startCluster } from "./cluster/cluster.ts";
import type { Arena } from "./testing/chaos/arena.ts";
import { feedCopies, findingsOfSettled, type DayFeed } from "./testing/chaos/day-feed.ts";
import { startGround } from "./testing/chaos/ground.ts";
import { recreateTopic } from "./testing/chaos/partitions.ts";
import { openProcessLogs } from "./testing/chaos/process-logs.ts";
import type { Fault } from "./testing/chaos/schedule.ts";
import { canSetClockBack, throwFault } from "./testing/chaos/throw-fault.ts";
import { writeShortDay } from "./testing/short-day.ts";

// One cluster on servers of its own is hurt in one way after the other. Each way has a copy of the day to itself, which the checker looks
// at when it is over; what comes after finds the cluster as the fault before left it.

const root = mkdtempSync(join(tmpdir(), "finality-faults-"));
const counts = { sequencer: 2, executor: 2, dispatcher: 2, "paper-venue": 2, projector: 2, api: 0 };

describe.skipIf((await lacksKafka()) || (await lacksRedis()))("a cluster that is hurt", () => {
  const logs = openProcessLogs(join(root, "logs"));
  let arena: Arena;
  let day: string;
  let copy = 0;
  let failed = false;

  beforeAll(async () => {
    day = writeShortDay(join(root, "day"), 20);
    const ground = await startGround();
    const bus = openBus({ kind: "kafka", brokers: ground.kafka.brokers });
    const cluster = startCluster({ environment: ground.environment, counts, onLine: logs.write });
    arena = { ground, bus, cluster, folder: root, halts: [] };
    await cluster.ready();
  });

  beforeEach(() => {
    onTestFailed(() => { failed = true; });
  });

  afterAll(async () => {
    await arena.cluster.stop();
    await arena.bus.close();
    await arena.ground.dispose();
    if (failed) process.stderr.write(`what the processes said: ${logs.folder}\n`);
    else rmSync(root, { recursive: true, force: true });
  });

  const feedNext = (count: number): DayFeed => {
    const copies = { from: copy + 1, count };
    copy += count;
    return feedCopies(arena, { day, copies, environment: arena.ground.environment, onLine: (line) => { logs.write(`feed-${String(copies.from)}`, line); } });
  };

  const pick = 0;
  const faults: readonly (readonly [string, readonly Fault[]])[] = [
    ["kill -9 of every service", [...(["sequencer", "dispatcher", "executor", "paper-venue", "projector"] as const).map((victim) => ({ kind: "kill", victim, pick }) as const)]],
    ["a clean restart of each service", [...(["sequencer", "dispatcher", "executor", "paper-venue", "projector"] as const).map((victim) => ({ kind: "restart", victim, pick }) as const)]],
    ["services that stand still past every lease and session", [{ kind: "freeze", victim: "sequencer", pick }, { kind: "freeze", victim: "executor", pick }, { kind: "freeze", victim: "dispatcher", pick }, { kind: "freeze", victim: "paper-venue", pick }]],
    ["a broker that is killed and comes back", [{ kind: "broker", pick, downMs: 1_000 }]],
    ["PostgreSQL restarted, and crashed", [{ kind: "postgres_restart", mode: "fast" }, { kind: "postgres_restart", mode: "immediate" }]],
    ["connections to PostgreSQL that break", [{ kind: "postgres_cut" }, { kind: "postgres_cut" }]],
    ["a slow PostgreSQL", [{ kind: "postgres_slow", delayMs: 60, forMs: 2_000 }]],
    ["Redis emptied, and killed without its data", [{ kind: "redis_flush" }, { kind: "redis_restart", withData: false }]],
    ["messages delivered again", [{ kind: "duplicates", pick: 99, messages: 20 }]],
    ["a sequencer that comes and goes while batches are in work", [{ kind: "rebalance", killed: false }, { kind: "rebalance", killed: true }]],
    ["partitions added", [{ kind: "partitions" }]],
    ["an old release beside the new one", [{ kind: "old_release" }]],
    ["a halt", [{ kind: "halt", pick: 99, forMs: 500 }]],
    ...(canSetClockBack || process.env["CI"] === "true" ? [["a clock that is set back", [{ kind: "clock_back", byMs: 60_000 }]] as const] : []),
  ];
  /** These would take the same thing away twice at once. */
  const oneByOne = new Set<Fault["kind"]>(["postgres_restart", "postgres_cut", "redis_flush", "redis_restart", "rebalance", "restart"]);

  test.each(faults)("%s", async (_name, thrown) => {
    const feed = feedNext(1);
    await feed.reached(10);
    const outcomes: string[] = [];
    if (thrown.every(({ kind }) => oneByOne.has(kind))) for (const fault of thrown) outcomes.push(await throwFault(arena, fault));
    else outcomes.push(...(await Promise.all(thrown.map((fault) => throwFault(arena, fault)))));
    expect(outcomes.filter((outcome) => outcome.startsWith("skipped"))).toEqual([]);
    await feed.done;
    expect(await findingsOfSettled(arena, feed.logs)).toEqual([]);
  });

  test("six underlyings over three sequencers: one is added, one leaves, one is killed, and no record is lost, doubled or reordered", async () => {
    const { cluster } = arena;
    const feed = feedNext(6);
    await feed.reached(10);
    const third = await cluster.add("sequencer");
    await feed.reached(25);
    await cluster.remove(third);
    await feed.reached(40);
    const fourth = await cluster.add("sequencer");
    cluster.kill(fourth, "SIGKILL");
    await feed.done;
    await cluster.remove(fourth);
    expect(await findingsOfSettled(arena, feed.logs)).toEqual([]);
  });

  test("a topic that was re-created: the log stops with its reason, and nothing is recorded twice", async () => {
    const feed = feedNext(1);
    await feed.done;
    const [log = ""] = feed.logs;
    const head = async (): Promise<unknown> => (await arena.ground.postgres.database.query("SELECT position, root FROM event_log.head WHERE log = $1", [log])).rows;
    const before = await head();
    await recreateTopic(arena, topics.ticks);
    // The partition must be taken over for anybody to look.
    await arena.cluster.restart("sequencer-1");
    await arena.cluster.restart("sequencer-2");
    await eventually(async () => {
      const answers = await Promise.all(arena.cluster.processes().filter(({ service }) => service === "sequencer").map(async ({ health }) => health === undefined ? "" : (await fetch(`${health}/readyz`)).text()));
      return answers.some((text) => text.includes(log) && text.includes("is not the one that the log was written from"));
    }, { timeoutMs: 60_000 });
    expect(await head()).toEqual(before);
  });
});
