import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

test("goes on through failures until there is an answer", async () => {
  const answers: (() => number | undefined | false)[] = [
    () => {
      throw new Error("not yet");
    },
    () => undefined,
    () => false,
    () => 0,
  ];
  let attempt = 0;
  expect(await eventually(() => answers[attempt++]?.(), { intervalMs: 1 })).toBe(0);
});

test("throws the last failure when time is up", async () => {
  const refuse = (): never => {
    throw new Error("never so");
  };
  await expect(eventually(refuse, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow("never so");
  await expect(eventually(() => false, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow("still false");
});
