import { expect, test } from "vitest";
import golden from "../reference/kernel-hashes.json" with { type: "json" };
import { kernelHashes } from "../reference/kernel-hashes.ts";
import { sampledKernels } from "./kernel-samples.ts";

// Another hash means other bits, and every recorded log forks: change it only together with the semantics number.
test("every kernel gives the golden bits over a million inputs", () => {
  expect(kernelHashes()).toEqual(golden);
}, 60_000);

test.each(sampledKernels())("no sample of $name is NaN, whose bits differ between platforms", ({ next }) => {
  for (let sample = 0; sample < 20_000; sample += 1) expect(Number.isNaN(next())).toBe(false);
});
