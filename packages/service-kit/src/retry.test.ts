import { expect, test } from "vitest";
import { retry } from "./retry.ts";

const failing = (times: number): { readonly work: () => Promise<string>; readonly calls: () => number } => {
  let calls = 0;
  const work = async (): Promise<string> => {
    calls += 1;
    if (calls <= times) throw new Error(`failure ${String(calls)}`);
    return "done";
  };
  return { work, calls: () => calls };
};
const options = { attempts: 3, firstPauseMs: 0, longestPauseMs: 1, signal: new AbortController().signal };

test("what fails twice succeeds at the third call", async () => {
  await expect(retry(failing(2).work, options)).resolves.toBe("done");
});

test("after the stated number of calls the last failure is thrown", async () => {
  const { work, calls } = failing(9);
  await expect(retry(work, options)).rejects.toThrow("failure 3");
  expect(calls()).toBe(3);
});

test("a failure that does not mend, and an aborted signal, end it at once", async () => {
  const first = failing(9);
  await expect(retry(first.work, { ...options, mends: () => false })).rejects.toThrow("failure 1");
  const second = failing(9);
  await expect(retry(second.work, { ...options, signal: AbortSignal.abort() })).rejects.toThrow("failure 1");
  expect([first.calls(), second.calls()]).toEqual([1, 1]);
});
