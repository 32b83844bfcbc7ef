import { createHash } from "node:crypto";
import { sampledKernels, writeSamples } from "../src/kernel-samples.ts";

export const SAMPLES_PER_KERNEL = 1_000_000;
const CHUNK = 50_000;

/** SHA-256 (hex) over a million results of each kernel. */
export const kernelHashes = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    sampledKernels().map(({ name, next }) => {
      const hash = createHash("sha256");
      const bytes = new Uint8Array(CHUNK * 8);
      for (let done = 0; done < SAMPLES_PER_KERNEL; done += CHUNK) hash.update(writeSamples(next, bytes));
      return [name, hash.digest("hex")];
    }),
  );
