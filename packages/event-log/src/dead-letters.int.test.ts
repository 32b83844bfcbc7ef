import { createNotifier } from "@finality/database";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDeadLetters } from "./dead-letters.ts";
import type { NewDeadLetter } from "./event-log.ts";
import { createLogWriter } from "./postgres-log-writer.ts";
import { sampleAppend } from "./test-support/sample-append.ts";

let storage: TestDatabase;
beforeAll(async () => {
  storage = await testDatabase();
});
afterAll(async () => {
  await storage.dispose();
});

const letter = (partition: number, offset: number, change: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  topic: "md.ticks.v1",
  partition,
  offset,
  reason: "not_json",
  detail: "Not JSON.",
  headers: {},
  value: Buffer.from(`bytes ${String(offset)}`),
  ...change,
});

test("dead letters are listed in pages, shown with their bytes, and resolved once", async () => {
  const writer = createLogWriter({ database: storage.database, notifier: createNotifier(storage.database) });
  const write = async (log: string, deadLetters: readonly NewDeadLetter[]) => writer.append(sampleAppend(await writer.takeOver(log), { records: [], deadLetters }));
  await write("SPX", [letter(0, 3), letter(0, 10, { badIndices: [0, 7], reason: "too_many_digits", headers: { actor: "a1" } }), letter(0, 7)]);
  await write("BTC", [letter(1, 0)]);
  const letters = createDeadLetters(storage.database);
  const at = (list: readonly { readonly partition: number; readonly offset: number }[]) => list.map(({ partition, offset }) => [partition, offset]);

  const first = await letters.list({ limit: 2 });
  expect(at(first)).toEqual([[0, 3], [0, 7]]);
  const after = first[1];
  if (after === undefined) throw new Error("The first page has two.");
  expect(at(await letters.list({ limit: 2, after }))).toEqual([[0, 10], [1, 0]]);
  expect(at(await letters.list({ log: "BTC" }))).toEqual([[1, 0]]);
  expect(await letters.count()).toBe(4);

  const key = { topic: "md.ticks.v1", partition: 0, offset: 10 };
  const shown = await letters.show(key);
  expect(shown).toMatchObject({ ...key, log: "SPX", reason: "too_many_digits", badIndices: [0, 7], headers: { actor: "a1" }, state: "open", resolvedAt: undefined, valueBytes: 8 });
  expect(Buffer.from(shown.value).toString()).toBe("bytes 10");
  expect(await letters.markRedriven(key)).toBe(true);
  expect(await letters.markRedriven(key)).toBe(false);
  expect(await letters.discard(key)).toBe(false);
  expect(await letters.discard({ ...key, offset: 3 })).toBe(true);
  expect(await letters.show(key)).toMatchObject({ state: "redriven", resolvedAt: expect.any(Date) });
  expect(at(await letters.list({ state: "open", log: "SPX" }))).toEqual([[0, 7]]);
  expect([await letters.count({ state: "discarded" }), await letters.count({ state: "open", log: "SPX" })]).toEqual([1, 1]);

  const nobody = { ...key, offset: 99 };
  for (const work of [letters.show, letters.markRedriven, letters.discard]) {
    await expect(work(nobody)).rejects.toMatchObject({ code: "unknown_dead_letter", message: "There is no dead letter md.ticks.v1/0/99." });
  }
});
