import { expect, test } from "vitest";
import { createFoldTurns, createKept } from "./as-of-turns.ts";

/** Work that ends when it is told to. */
const held = () => {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { ended, end: () => end() };
};

const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("so many at once, so many waiting in order, and no more", async () => {
  const turns = createFoldTurns({ atOnce: 2, waitingMax: 2 });
  const works = [held(), held(), held(), held()];
  const begun: number[] = [];
  const done = works.map((work, at) => turns.take(async () => { begun.push(at); await work.ended; }));
  await moment();
  expect(begun).toEqual([0, 1]);
  await expect(turns.take(() => Promise.resolve())).rejects.toMatchObject({ code: "busy" });
  works[1]?.end();
  await done[1];
  await moment();
  expect(begun).toEqual([0, 1, 2]);
  for (const work of works) work.end();
  await Promise.all(done);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("a failure gives its turn on", async () => {
  const turns = createFoldTurns({ atOnce: 1, waitingMax: 1 });
  const failing = turns.take(() => Promise.reject(new Error("lost")));
  const next = turns.take(() => Promise.resolve("turn"));
  await expect(failing).rejects.toThrow("lost");
  expect(await next).toBe("turn");
  expect(await turns.take(() => Promise.resolve("free again"))).toBe("free again");
});

test("the last answers are kept by use, asked for once by two at a time, and never a failure", async () => {
  const kept = createKept<string>(2);
  const computed: string[] = [];
  const ask = (key: string): Promise<string> => kept.of(key, async () => { computed.push(key); await moment(); return key; });
  expect(await Promise.all([ask("a"), ask("a")])).toEqual(["a", "a"]);
  for (const key of ["b", "a", "c", "a", "b"]) expect(await ask(key)).toBe(key);
  // "b" was the least recently used one when "c" came.
  expect(computed).toEqual(["a", "b", "c", "b"]);
  await expect(kept.of("d", () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
  expect(await kept.of("d", () => Promise.resolve("found"))).toBe("found");
});
