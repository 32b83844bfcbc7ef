/**
 * Compares this machine's kernel results with the golden hashes, without a test runner, so that a Node of another architecture
 * can run it: `node reference/check-kernel-hashes.ts`. Prints one line a kernel; exit code 1 when one differs.
 */
import golden from "./kernel-hashes.json" with { type: "json" };
import { kernelHashes } from "./kernel-hashes.ts";

const expected: Readonly<Record<string, string>> = golden;
for (const [name, hash] of Object.entries(kernelHashes())) {
  const same = expected[name] === hash;
  if (!same) process.exitCode = 1;
  console.log(`${same ? "same     " : "different"} ${name} ${hash}`);
}
