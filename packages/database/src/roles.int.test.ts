import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase, type Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import { effectiveRights, type Rights } from "./testing/effective-rights.ts";
import { testServer, type TestServer } from "./testing/test-server.ts";

const schemas = ["event_log", "transparency", "bus", "execution", "venue", "projection", "read_model", "bullmq", "audit"] as const;
const groups = ["appender", "dispatcher", "executor", "venue", "projector", "notary", "reader", "operator", "conductor", "bus", "queue"] as const;
type Group = (typeof groups)[number];

/** Group by group what it may do with a table; who is not named may do nothing. A new table is one line here and its grants in its migration. */
const expected: Readonly<Record<string, Partial<Record<Group, Rights>>>> = {
  "event_log.catalogue": { appender: "s", executor: "s", reader: "s", operator: "siu", conductor: "siu" },
  "event_log.head": { appender: "siu", dispatcher: "s", executor: "s", venue: "s", projector: "s", notary: "s", reader: "s", operator: "s", conductor: "s" },
  "event_log.record": { appender: "si", dispatcher: "s", executor: "s", venue: "s", projector: "s", notary: "s", reader: "s", operator: "s", conductor: "s" },
  "event_log.record_partition": { appender: "s", dispatcher: "s", executor: "s", venue: "s", projector: "s", notary: "s", reader: "s", operator: "s", conductor: "s" },
  "event_log.record_json": { reader: "s", operator: "s" },
  "event_log.source_offset": { appender: "siu", reader: "s", operator: "s", conductor: "s" },
  "event_log.dead_letter": { appender: "sidu(published_at)", reader: "s", operator: "su(resolved_at state)" },
  "event_log.skip": { appender: "s", reader: "s", operator: "si" },
  "event_log.snapshot": { appender: "su(rejected)", projector: "su(rejected)", notary: "siud", reader: "s", operator: "siud" },
  "event_log.generation_order": { appender: "s", notary: "s", reader: "s", operator: "si" },
  "transparency.tile": { notary: "siu", reader: "s", operator: "s" },
  "transparency.checkpoint": { notary: "si", reader: "s", operator: "s" },
  "transparency.cosignature": { notary: "si", reader: "s", operator: "si" },
  "audit.salt_destroyed": { reader: "s", operator: "si" },
  "event_log.stop": { appender: "siu", reader: "s", operator: "s" },
  "execution.follower": { dispatcher: "siu", venue: "siu", reader: "s", operator: "s", conductor: "s" },
  "execution.command": { dispatcher: "si", executor: "s", notary: "s", reader: "s", operator: "s", conductor: "s" },
  "execution.attempt": { dispatcher: "s", executor: "siu", notary: "si", reader: "s", operator: "si", conductor: "s" },
  "execution.halt": { executor: "s", notary: "si", reader: "s", operator: "si", conductor: "si" },
  "execution.outbox": { executor: "siu", notary: "si", reader: "s", operator: "si", conductor: "su(published)" },
  "execution.venue_cursor": { executor: "siu", reader: "s", operator: "s", conductor: "s" },
  "execution.lease": { dispatcher: "siud", executor: "siud", venue: "siud", projector: "siud", notary: "siud", reader: "s", operator: "s" },
  "venue.terms": { executor: "s", venue: "s", conductor: "siu" },
  "venue.quote": { executor: "s", venue: "siud" },
  "venue.order": { executor: "siu", venue: "su", operator: "s", conductor: "s" },
  "venue.report": { executor: "si", venue: "si", conductor: "s" },
  "venue.position": { executor: "s", venue: "siu" },
  "read_model.checkpoint": { reader: "s", operator: "s" },
  "read_model.book": { reader: "s", operator: "s" },
  "read_model.position": { reader: "s", operator: "s" },
  "read_model.greeks": { reader: "s", operator: "s" },
  "read_model.smile": { reader: "s", operator: "s" },
  "read_model.pnl": { reader: "s", operator: "s" },
  "read_model.order": { reader: "s", operator: "s" },
  "read_model.decision": { reader: "s", operator: "s" },
  "projection.version": { projector: "siu", reader: "s", operator: "sidu(updated_at)" },
  "projection.serving": { projector: "siu", reader: "s", operator: "su(version)" },
  "projection.action": { projector: "si", reader: "s", operator: "si" },
  "projection.book": { projector: "siud", reader: "s", operator: "sd" },
  "projection.position": { projector: "siud", reader: "s", operator: "sd" },
  "projection.greeks": { projector: "siud", reader: "s", operator: "sd" },
  "projection.smile": { projector: "siud", reader: "s", operator: "sd" },
  "projection.pnl": { projector: "siud", reader: "s", operator: "sd" },
  "projection.order": { projector: "siud", reader: "s", operator: "sd" },
  "projection.decision": { projector: "siud", reader: "s", operator: "sd" },
  "bus.topic": { bus: "si" },
  "bus.partition_head": { bus: "siu" },
  "bus.message": { bus: "si" },
  "bus.group_offset": { bus: "siu" },
};

let server: TestServer;
let owner: Database;

beforeAll(async () => {
  server = await testServer();
  owner = openDatabase(server.url, { applicationName: "roles test", max: 2 });
  await migrate(owner);
});

afterAll(async () => {
  await owner.close();
  await server.remove();
});

const roleOf = (group: Group): string => `finality_${group}`;

/** With the rights of the group alone. */
const as = async <T>(group: Group, work: (database: Database) => Promise<T>): Promise<T> => {
  const database = openDatabase(server.url, { applicationName: "roles test", max: 1, role: roleOf(group) });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};

const refused = { code: "permission" };
const insertRecord = `INSERT INTO event_log.record (log, position, generation, type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash)
  VALUES ('SPX', 1, 1, 'LogOpened', 1, 0, 0, '', '', '', '')`;

describe("rights on tables", () => {
  test("each group may do what its service does, and nothing else", async () => {
    const rights = await effectiveRights(owner, schemas, groups.map(roleOf));
    const named = Object.entries(expected).map(([table, own]) => [table, Object.fromEntries(Object.entries(own).map(([group, right]) => [`finality_${group}`, right]))]);
    expect(rights).toEqual(Object.fromEntries(named));
  });

  test("who is in no group may do nothing, and may not enter a schema", async () => {
    await owner.query("CREATE ROLE nobody_of_ours NOLOGIN");
    expect(Object.values(await effectiveRights(owner, schemas, ["nobody_of_ours"])).flatMap(Object.keys)).toEqual([]);
    const { rows } = await owner.query("SELECT nspname FROM pg_namespace WHERE nspname = ANY($1) AND has_schema_privilege('nobody_of_ours', oid, 'USAGE')", [[...schemas, "public"]]);
    expect(rows).toEqual([]);
  });

  test("each service may look whether the database is migrated", async () => {
    const services = groups.filter((group) => group !== "bus" && group !== "queue");
    for (const group of services) await as(group, (database) => database.query("SELECT migration_name FROM public._prisma_migrations"));
    await expect(as("operator", (database) => database.query("DELETE FROM public._prisma_migrations"))).rejects.toMatchObject(refused);
  });
});

describe("rights to create", () => {
  test("nobody but the owner creates in a schema", async () => {
    const { rows } = await owner.query(
      "SELECT n.nspname, r.rolname FROM pg_namespace n CROSS JOIN pg_roles r WHERE n.nspname = ANY($1) AND r.rolname = ANY($2) AND has_schema_privilege(r.rolname, n.oid, 'CREATE')",
      [[...schemas, "public"], groups.map(roleOf)],
    );
    expect(rows).toEqual([]);
    await expect(as("projector", (database) => database.query("CREATE TABLE projection.mine (id int)"))).rejects.toMatchObject(refused);
  });

  test("what the owner makes later is open to nobody", async () => {
    await owner.query("CREATE TABLE event_log.later (id int); CREATE FUNCTION event_log.later_too() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    const rights = await effectiveRights(owner, ["event_log"], groups.map(roleOf));
    const { rows } = await owner.query("SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND has_function_privilege(rolname, 'event_log.later_too()', 'EXECUTE')", [groups.map(roleOf)]);
    await owner.query("DROP TABLE event_log.later; DROP FUNCTION event_log.later_too()");
    expect(rights["event_log.later"]).toEqual({});
    expect(rows).toEqual([]);
  });

  test("what the owner makes in the queue's schema is the queue's to use, and nobody else's", async () => {
    await owner.query("CREATE TABLE bullmq.later (id bigserial); CREATE FUNCTION bullmq.later_too() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    await as("queue", (database) => database.query("INSERT INTO bullmq.later DEFAULT VALUES"));
    await as("queue", (database) => database.query("SELECT bullmq.later_too() FROM bullmq.later"));
    const rights = await effectiveRights(owner, ["bullmq"], groups.map(roleOf));
    await expect(as("queue", (database) => database.query("CREATE TABLE bullmq.mine (id int)"))).rejects.toMatchObject(refused);
    await expect(as("executor", (database) => database.query("SELECT bullmq.later_too()"))).rejects.toMatchObject(refused);
    await owner.query("DROP TABLE bullmq.later; DROP FUNCTION bullmq.later_too()");
    expect(rights["bullmq.later"]).toEqual({ finality_queue: "siud" });
  });
});

describe("the record table is insert-only", () => {
  beforeAll(async () => {
    await owner.query("INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root) VALUES ('SPX', 1, 1, 0, 0, '', '') ON CONFLICT DO NOTHING");
    await as("appender", (database) => database.query("SELECT event_log.ensure_partitions('SPX', 1)"));
  });

  test("nobody but the appender makes partitions, and nobody but the owner touches one", async () => {
    const { rows } = await owner.query<{ name: string }>("SELECT name FROM event_log.record_partition");
    for (const group of groups) {
      if (group !== "appender") await expect(as(group, (database) => database.query("SELECT event_log.ensure_partitions('SPX', 1)"))).rejects.toMatchObject(refused);
      await expect(as(group, (database) => database.query(`SELECT FROM event_log_part.${rows[0]?.name ?? ""}`))).rejects.toMatchObject(refused);
    }
  });

  test("the appender inserts, and can change or remove nothing", async () => {
    await as("appender", async (database) => {
      await database.query(insertRecord);
      await expect(database.query("UPDATE event_log.record SET payload = 'x'")).rejects.toMatchObject(refused);
      await expect(database.query("DELETE FROM event_log.record")).rejects.toMatchObject(refused);
      await expect(database.query("TRUNCATE event_log.record")).rejects.toMatchObject(refused);
    });
  });

  test("the reader cannot even insert", async () => {
    await expect(as("reader", (database) => database.query(insertRecord))).rejects.toMatchObject(refused);
  });

  test("the owner, who may, is stopped by the triggers, also in a session that plays the replica", async () => {
    for (const mode of ["origin", "replica"]) {
      const [partition] = (await owner.query<{ name: string }>("SELECT name FROM event_log.record_partition")).rows;
      const tables = ["event_log.record", `event_log_part.${partition?.name ?? ""}`];
      for (const change of tables.flatMap((table) => [`UPDATE ${table} SET payload = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table}`])) {
        const attempt = owner.transaction(async (client) => {
          await client.query("SELECT set_config('session_replication_role', $1, true)", [mode]);
          await client.query(change);
        });
        await expect(attempt, `${change} as ${mode}`).rejects.toMatchObject({ message: expect.stringContaining("insert-only") });
      }
    }
  });
});

test("the operator resolves a dead letter and cannot change its bytes", async () => {
  await owner.query(`INSERT INTO event_log.dead_letter (topic, partition, "offset", log, reason, detail, headers, value) VALUES ('md.ticks.v1', 0, 7, 'SPX', 'unparsable', '', '{}', 'x')`);
  await as("operator", async (database) => {
    await database.query("UPDATE event_log.dead_letter SET state = 'discarded', resolved_at = now() WHERE state = 'open'");
    await expect(database.query("UPDATE event_log.dead_letter SET value = 'y'")).rejects.toMatchObject(refused);
    await expect(database.query("DELETE FROM execution.halt")).rejects.toMatchObject(refused);
  });
});
