import { eventually, privatePostgres, testDatabase, type PrivatePostgres, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bus } from "../bus.ts";
import { busConformance } from "../conformance/bus-conformance.ts";
import { createGate, createRecorder } from "../conformance/recorder.ts";
import { numbered, textOf } from "../conformance/under-test.ts";
import { createPostgresBus } from "./postgres-bus.ts";

let storage: TestDatabase;
beforeAll(async () => {
  storage = await testDatabase({ max: 16 });
});
afterAll(async () => {
  await storage.dispose();
});

busConformance("PostgreSQL", async () => createPostgresBus(storage.database));

describe("the PostgreSQL bus", () => {
  test("a member whose session is ended is told, lets go, and starts again where it says", async () => {
    const bus = createPostgresBus(storage.database);
    const topic = "session.ended";
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 2));
    const gate = createGate();
    const recorder = createRecorder({ during: async ({ messages }) => (messages[0]?.offset === 0 && !gate.isOpen() ? gate.opened : undefined) });
    const consumer = await bus.consume({ group: "ended", topics: [topic], maxMessages: 1 }, recorder);
    await eventually(() => recorder.batches.length === 1);
    await storage.database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'finality bus ended' AND datname = current_database()");
    await eventually(() => recorder.batches[0]?.isStale() === true);
    expect(recorder.events).toEqual(["assigned 0", `begin ${topic}/0@0`]);
    gate.open();
    await eventually(() => recorder.messages.length === 3);
    expect(recorder.events.slice(0, 6)).toEqual(["assigned 0", `begin ${topic}/0@0`, `end ${topic}/0@0`, "revoked 0", "assigned 0", `begin ${topic}/0@0`]);
    expect(recorder.messages.map(textOf)).toEqual(["0", "0", "1"]);
    await consumer.stop();
    await bus.close();
  });

  test("a member that stops while it looks for free partitions does not take back what it has just let go of", async () => {
    const bus = createPostgresBus(storage.database);
    const topic = "stopped.looking";
    await bus.ensureTopics([topic], 1);
    const recorder = createRecorder();
    const consumer = await bus.consume({ group: "looking", topics: [topic], maxMessages: 1 }, recorder);
    await eventually(() => recorder.events.includes("assigned 0"));
    const waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'finality bus looking' AND datname = current_database() AND wait_event_type = 'Lock'";
    let stopped: Promise<void> = Promise.resolve();
    await storage.database.transaction(async (client) => {
      // The look reads this table and now stands in the middle; readers do not need it.
      await client.query("LOCK TABLE bus.topic IN ACCESS EXCLUSIVE MODE");
      await eventually(async () => (await storage.database.query(waiting)).rowCount === 1);
      stopped = consumer.stop();
      await eventually(() => recorder.events.includes("revoked 0"));
    });
    await stopped;
    expect(recorder.events).toEqual(["assigned 0", "revoked 0"]);
    await bus.close();
  });

  test("a message that is missing in the middle fails the consumer", async () => {
    const bus = createPostgresBus(storage.database);
    const topic = "with.gap";
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 5));
    await storage.database.query(`DELETE FROM bus.message WHERE topic = $1 AND "offset" = 2`, [topic]);
    const recorder = createRecorder();
    const consumer = await bus.consume({ group: "gap", topics: [topic], maxMessages: 1 }, recorder);
    await expect(consumer.failed).rejects.toMatchObject({ code: "offset_out_of_range" });
    expect(recorder.messages.map(textOf)).toEqual(["0", "1"]);
    await bus.close();
  });

  test("topics with different partition counts are not read together", async () => {
    const bus = createPostgresBus(storage.database);
    await bus.ensureTopics(["uneven.a"], 1);
    await bus.ensureTopics(["uneven.b"], 2);
    await expect(bus.consume({ group: "uneven", topics: ["uneven.a", "uneven.b"], maxMessages: 1 }, createRecorder())).rejects.toMatchObject({ code: "partition_mismatch" });
    await bus.close();
  });

  test("a consumer is woken by the notification of another client, not only by its poll", async () => {
    const never = 24 * 3_600_000;
    const [consuming, producing] = [createPostgresBus(storage.database, { pollMs: never }), createPostgresBus(storage.database)];
    const topic = "woken";
    await consuming.ensureTopics([topic], 1);
    const recorder = createRecorder({ starts: { [topic]: 0 } });
    await consuming.consume({ group: "woken", topics: [topic], maxMessages: 10 }, recorder);
    for (const next of [0, 1, 2]) {
      await producing.produce(numbered(topic, next, next + 1));
      await eventually(() => recorder.messages.length === next + 1);
    }
    await consuming.close();
    await producing.close();
  });

  test("a message that nobody notified of is found by the poll", async () => {
    const bus = createPostgresBus(storage.database);
    const topic = "silent";
    await bus.ensureTopics([topic], 1);
    const recorder = createRecorder();
    await bus.consume({ group: "silent", topics: [topic], maxMessages: 10 }, recorder);
    await bus.produce(numbered(topic, 0, 1));
    await eventually(() => recorder.messages.length === 1);
    await storage.database.transaction(async (client) => {
      await client.query("UPDATE bus.partition_head SET next_offset = 2 WHERE topic = $1", [topic]);
      await client.query(`INSERT INTO bus.message (topic, partition, "offset", value, headers) VALUES ($1, 0, 1, 'silent', '{}')`, [topic]);
    });
    await eventually(() => recorder.messages.length === 2);
    await bus.close();
  });

  test("partitions that are added while consuming are picked up", async () => {
    const bus = createPostgresBus(storage.database);
    const topic = "growing";
    await bus.ensureTopics([topic], 1);
    const recorder = createRecorder();
    await bus.consume({ group: "growing", topics: [topic], maxMessages: 10 }, recorder);
    await eventually(() => recorder.events.includes("assigned 0"));
    await storage.database.transaction(async (client) => {
      await client.query("UPDATE bus.topic SET partitions = 2 WHERE topic = $1", [topic]);
      await client.query("INSERT INTO bus.partition_head (topic, partition) VALUES ($1, 1)", [topic]);
    });
    await bus.produce(numbered(topic, 0, 1).map((message) => ({ ...message, partition: 1 })));
    await eventually(() => recorder.messages.length === 1);
    expect(recorder.messages[0]?.partition).toBe(1);
    await bus.close();
  });
});

describe("the PostgreSQL bus over a server that goes away", () => {
  let server: PrivatePostgres;
  let bus: Bus;
  beforeAll(async () => {
    server = await privatePostgres();
  });
  afterAll(async () => {
    await server.dispose();
  });

  test("survives a crash and restart of PostgreSQL: nothing that was stored is missing, order is kept", async () => {
    bus = createPostgresBus(server.database);
    const topic = "restart";
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 100));
    let stored = 0;
    const recorder = createRecorder();
    const consumer = await bus.consume({ group: "restart", topics: [topic], maxMessages: 10 }, {
      assigned: async (partition) => {
        await recorder.assigned(partition);
        return { [topic]: stored };
      },
      revoked: recorder.revoked,
      batch: async (batch) => {
        await recorder.batch(batch);
        stored = (batch.messages.at(-1)?.offset ?? -1) + 1;
      },
    });
    await eventually(() => stored === 100);
    await server.stop("immediate");
    const produced = bus.produce(numbered(topic, 100, 200));
    await server.start();
    await produced;
    await eventually(() => stored === 200, { timeoutMs: 60_000 });
    expect(recorder.messages.map(textOf)).toEqual(Array.from({ length: 200 }, (_, index) => String(index)));
    expect(recorder.events.filter((event) => event === "assigned 0")).toHaveLength(2);
    await consumer.stop();
    await bus.close();
  });

  test("gives up after the stated time when PostgreSQL does not come back", async () => {
    bus = createPostgresBus(server.database, { giveUpAfterMs: 500 });
    const topic = "gone";
    await bus.ensureTopics([topic], 1);
    const recorder = createRecorder();
    const consumer = await bus.consume({ group: "gone", topics: [topic], maxMessages: 10 }, recorder);
    await eventually(() => recorder.events.includes("assigned 0"));
    await server.stop("immediate");
    await expect(consumer.failed).rejects.toMatchObject({ name: "BusError", code: "unavailable" });
    await expect(bus.produce(numbered(topic, 0, 1))).rejects.toMatchObject({ name: "BusError", code: "unavailable" });
    expect(recorder.events).toEqual(["assigned 0", "revoked 0"]);
    await bus.close();
  });
});
