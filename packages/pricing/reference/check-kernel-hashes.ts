/**
 * Compares this machine's kernel results with the golden hashes, without a test runner, so that another Node, or one of another
 * architecture, can run it: `node reference/check-kernel-hashes.ts [--write]`. Prints one line a kernel; exit code 1 when one differs.
 * With --write it makes the golden file instead.
 */
import { writeFileSync } from "node:fs";
import golden from "./kernel-hashes.json" with { type: "json" };
import { kernelHashes } from "./kernel-hashes.ts";

const hashes = kernelHashes();
if (process.argv.includes("--write")) {
  writeFileSync(new URL("kernel-hashes.json", import.meta.url), `${JSON.stringify(hashes, null, 1)}\n`);
} else {
  const expected: Readonly<Record<string, string>> = golden;
  for (const [name, hash] of Object.entries(hashes)) {
    const same = expected[name] === hash;
    if (!same) process.exitCode = 1;
    console.log(`${same ? "same     " : "different"} ${name} ${hash}`);
  }
  for (const name of Object.keys(expected)) if (!(name in hashes)) throw new Error(`the golden hashes know a kernel ${name} that is not sampled`);
}
