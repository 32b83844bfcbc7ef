import { decodeAndAdvance, generatedLog } from "../recording/generated-log.ts";

// A process of its own: node --expose-gc replay-child.ts <ticks> <more ticks> … prints one reading at each count, as JSON.

/** JavaScript's heap and the buffers outside it, once everything unreachable is gone. */
const usedBytes = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const counts = process.argv.slice(2).map(Number);
if (globalThis.gc === undefined) throw new Error("Run this with --expose-gc: memory is read after a garbage collection.");

let foldMs = 0;
let hedges = 0;
let ticks = 0;
const { steps } = await generatedLog((state, input) => {
  const startedAt = performance.now();
  const decisions = decodeAndAdvance(state, input);
  foldMs += performance.now() - startedAt;
  return decisions;
});
const generated = steps();
const readings: unknown[] = [];
for (const wanted of counts) {
  while (ticks < wanted) {
    const step = generated.next().value;
    ticks += step.ticks;
    for (const { type } of step.decisions) if (type === "HedgeDecided") hedges++;
  }
  // Before the collection: what the process has at its disposal while it runs.
  const { rss } = process.memoryUsage();
  readings.push({ ticks, hedges, foldMs, rss, bytes: await usedBytes() });
}
process.stdout.write(JSON.stringify(readings));
