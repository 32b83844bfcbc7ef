import { createHash } from "node:crypto";
import { kernelSamples } from "../src/kernel-samples.ts";

export const SAMPLES_PER_KERNEL = 100_000;

/** SHA-256 (hex) over each kernel's results. */
export const kernelHashes = (): Readonly<Record<string, string>> =>
  Object.fromEntries([...kernelSamples(SAMPLES_PER_KERNEL)].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]));
