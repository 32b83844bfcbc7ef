import { expect, test } from "vitest";
import golden from "../reference/kernel-hashes.json" with { type: "json" };
import { kernelHashes } from "../reference/kernel-hashes.ts";
import { kernelSamples } from "./kernel-samples.ts";

// Another hash means other bits, and every recorded log forks: change it only together with the semantics number.
test("every kernel gives the golden bits", () => {
  expect(kernelHashes()).toEqual(golden);
});

test("no sample is NaN, whose bits differ between platforms", () => {
  for (const [name, bytes] of kernelSamples(20_000)) {
    const view = new DataView(bytes.buffer);
    for (let offset = 0; offset < bytes.length; offset += 8) expect(view.getFloat64(offset), name).not.toBeNaN();
  }
});
