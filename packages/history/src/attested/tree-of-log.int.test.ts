import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { appendLeaves, emptyFrontier, openGrowingTiles, type Frontier } from "@finality/transparency";
import { afterAll, beforeAll, expect, test } from "vitest";
import { treeOfLog } from "./tree-of-log.ts";
import { createTreeStore } from "./tree-store.ts";

const log = "SPX";
const tiled = 300;
let data: TestDatabase;
let recorded: RecordedLog;
let source: LogReader;

const leavesOf = async (to: number): Promise<readonly Uint8Array[]> => (await source.read(log, 0, to)).map(({ leafHash }) => leafHash);
const straight = async (size: number): Promise<Frontier> => appendLeaves(emptyFrontier, await leavesOf(size));

beforeAll(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(150);
  source = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  const growing = await openGrowingTiles(() => Promise.resolve(undefined), 0);
  await createTreeStore(data.database).save(log, growing.append(await leavesOf(tiled)));
});

afterAll(async () => {
  await data.dispose();
});

test("a log's tree is that of its leaves, where tiles hold it whole, in part, and further than it is asked for", async () => {
  expect(recorded.head()).toBeGreaterThan(tiled);
  for (const size of [0, 1, 255, 256, 257, tiled - 1, tiled, tiled + 1, recorded.head()]) expect(await treeOfLog({ source, tree: createTreeStore(data.database) }, log, size)).toEqual(await straight(size));
});

test("no tree goes beyond its log", async () => {
  await expect(treeOfLog({ source, tree: createTreeStore(data.database) }, log, recorded.head() + 1)).rejects.toMatchObject({ code: "not_in_log" });
});
