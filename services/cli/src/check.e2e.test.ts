import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topics } from "@finality/contracts";
import { loadDataset } from "@finality/datasets";
import { eventually } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLogs } from "./check/check-logs.ts";
import type { Rule } from "./check/finding.ts";
import { readConfig } from "./config.ts";
import { openDataFolder, type DataFolder } from "./house/data-folder.ts";
import { feedDataset } from "./house/feed-dataset.ts";
import { startHouse, type House } from "./house/house.ts";
import { writeShortDay } from "./testing/short-day.ts";

// The checker is only worth its word if it finds what is wrong: one thing of each rule is spoilt, found by that rule, and put back.

const root = mkdtempSync(join(tmpdir(), "finality-check-"));
let data: DataFolder;
let house: House;

beforeAll(async () => {
  data = await openDataFolder({ folder: join(root, "house"), exclusive: true });
  house = await startHouse({ data, config: readConfig({}), port: 0 });
  const { signal } = new AbortController();
  await feedDataset({ house: { ...house, database: data.database }, dataset: loadDataset(writeShortDay(join(root, "day"), 20)), pace: { clock: "data", speed: "max" }, signal });
  await house.projected("SPX", signal);
});

afterAll(async () => {
  await house.stop();
  await data.close();
  rmSync(root, { recursive: true, force: true });
});

const brokenRules = async (): Promise<readonly Rule[]> => {
  const checks = await checkLogs({ database: data.database, reader: house.reader, bus: house.bus });
  return [...new Set(checks.flatMap(({ findings }) => findings.map(({ rule }) => rule)))];
};

test("a house that nothing happened to has no findings, and is not empty", async () => {
  const [check] = await checkLogs({ database: data.database, reader: house.reader, bus: house.bus });
  expect(check).toMatchObject({ log: "SPX", findings: [] });
  expect(Math.min(check?.records ?? 0, check?.messages ?? 0, check?.hedges ?? 0, check?.fills ?? 0)).toBeGreaterThan(0);
});

test("a fill that is delivered again is a known duplicate", async () => {
  const [message] = (await house.bus.read({ topic: topics.executions, partition: 0, offset: 0 }, 10)).slice(-1);
  if (message === undefined) throw new Error("Invariant: the day has executions.");
  await house.bus.produce([message]);
  await eventually(async () => (await house.reader.head("SPX"))?.duplicates === 1);
  const [check] = await checkLogs({ database: data.database, reader: house.reader, bus: house.bus });
  expect(check).toMatchObject({ duplicates: 1, findings: [] });
});

const saved = (table: string, spoil: string): readonly [string, string] => [
  `CREATE TABLE public.saved AS TABLE ${table}; ${spoil}`,
  `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM public.saved; DROP TABLE public.saved`,
];
const unguarded = (sql: string): string => `ALTER TABLE event_log.record DISABLE TRIGGER USER; ${sql}; ALTER TABLE event_log.record ENABLE TRIGGER USER`;

const spoilt: readonly (readonly [what: string, rules: readonly Rule[], spoil: string, mend: string])[] = [
  ["a missing record", ["positions"], ...(saved("event_log.record", "DELETE FROM event_log.record WHERE position = 5").map(unguarded) as [string, string])],
  ["a duplicate that nobody sent", ["sources"], "UPDATE event_log.head SET duplicates = duplicates + 1", "UPDATE event_log.head SET duplicates = duplicates - 1"],
  ["a message taken in that is not there", ["sources"], `UPDATE event_log.source_offset SET next_offset = next_offset + 1 WHERE topic = '${topics.ticks}'`, `UPDATE event_log.source_offset SET next_offset = next_offset - 1 WHERE topic = '${topics.ticks}'`],
  ["a message both recorded and dead", ["sources"], `INSERT INTO event_log.dead_letter (topic, partition, "offset", log, reason, detail, headers, value) VALUES ('${topics.ticks}', 0, 3, 'SPX', 'schema', '', '{}', '')`, "DELETE FROM event_log.dead_letter"],
  ["a message in two records", ["positions", "sources"], ...(saved("event_log.record", `UPDATE event_log.record SET provenance = convert_to(replace(convert_from(provenance, 'UTF8'), '"lastOffset":3,', '"lastOffset":4,'), 'UTF8') WHERE convert_from(provenance, 'UTF8') LIKE '%"lastOffset":3,%${topics.ticks}%'`).map(unguarded) as [string, string])],
  // Of an account that nobody serves: the executor would ask the venue and end it.
  ["an attempt without an end", ["commands"], ...saved("execution.attempt", "UPDATE execution.attempt SET state = 'unknown', account = 'nobody' WHERE command_id = (SELECT min(command_id) FROM execution.attempt)")],
  ["a rejected command with an order", ["commands"], ...saved("execution.attempt", "UPDATE execution.attempt SET state = 'rejected' WHERE command_id = (SELECT min(command_id) FROM execution.attempt)")],
  ["an order that nobody decided", ["commands"], "INSERT INTO venue.order SELECT 'SPX-1-7', log, account, instrument, side, quantity, filled, arrives_us, state, accepted_at FROM venue.order LIMIT 1", "DELETE FROM venue.order WHERE client_order_id = 'SPX-1-7'"],
  ["another position at the venue", ["positions_at_venue"], ...saved("venue.position", "UPDATE venue.position SET quantity = '99'")],
  ["a command sent under a halt", ["halts"], "INSERT INTO execution.halt (halt_id, log, halted, actor, at) VALUES ('x', 'SPX', TRUE, 'test', now() - interval '1 hour')", "DELETE FROM execution.halt WHERE halt_id = 'x'"],
  ["a changed read model", ["read_models"], ...saved("projection.position", "UPDATE projection.position SET quantity = '7'")],
  ["read models that stand behind", ["read_models"], "UPDATE projection.version SET position = position - 1", "UPDATE projection.version SET position = position + 1"],
];

test.each(spoilt)("%s is found", async (_what, rules, spoil, mend) => {
  const run = async (sql: string): Promise<void> => {
    for (const statement of sql.split("; ")) await data.database.query(statement);
  };
  await run(spoil);
  try {
    expect(await brokenRules()).toEqual(rules);
  } finally {
    await run(mend);
  }
  expect(await brokenRules()).toEqual([]);
});
