import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCatalogue } from "./catalogue.ts";

let storage: TestDatabase;
beforeAll(async () => {
  storage = await testDatabase({ max: 16 });
});
afterAll(async () => {
  await storage.dispose();
});

test("gives every log a partition of its own, the same for ever, however many ask at once", async () => {
  const catalogue = createCatalogue(storage.database);
  expect(await catalogue.partitionOf("SPX")).toBeUndefined();
  expect(await catalogue.logOf(0)).toBeUndefined();
  expect(await catalogue.assignPartition("SPX")).toBe(0);
  const logs = Array.from({ length: 8 }, (_, index) => `LOG-${String(index)}`);
  const asked = await Promise.all([...logs, ...logs].map((log) => catalogue.assignPartition(log)));
  expect(asked.slice(0, 8)).toEqual(asked.slice(8));
  expect([...asked.slice(0, 8)].sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await catalogue.assignPartition("SPX")).toBe(0);
  expect(await catalogue.logOf(asked[3] ?? -1)).toBe("LOG-3");
  expect((await catalogue.list()).map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
