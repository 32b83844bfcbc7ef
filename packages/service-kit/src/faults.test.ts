import { expect, test } from "vitest";
import { createFaults } from "./faults.ts";

test("the n-th passage of the named point crashes, once", () => {
  let crashes = 0;
  const faults = createFaults("claim-send:3", () => (crashes += 1));
  const seen = [];
  for (let passage = 1; passage <= 5; passage++) {
    faults.passing("claim-send");
    faults.passing("accept-report");
    seen.push(crashes);
  }
  expect(seen).toEqual([0, 0, 1, 1, 1]);
});

test("without a number the first passage crashes; without a text nothing does", () => {
  let crashes = 0;
  createFaults("commit-enqueue", () => (crashes += 1)).passing("commit-enqueue");
  createFaults(undefined, () => (crashes += 1)).passing("commit-enqueue");
  createFaults("", () => (crashes += 1)).passing("commit-enqueue");
  expect(crashes).toBe(1);
});

test.each(["nowhere", "claim-send:0", "claim-send:", "claim-send:x", ":1"])("%s is refused with its name", (text) => {
  expect(() => createFaults(text)).toThrow(`got "${text}"`);
});
