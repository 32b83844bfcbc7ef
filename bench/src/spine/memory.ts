import { fileURLToPath } from "node:url";
import { runNode } from "../child.ts";
import { alone, compared, type Measurement } from "../measurement.ts";

const atMost = 1.1;
const ticks = { early: 100_000, late: 1_000_000 } as const;

/** Memory after garbage collection of a process that admits, folds, decides and appends a million ticks. */
export const memory = async (): Promise<readonly Measurement[]> => {
  const script = fileURLToPath(new URL("memory-child.ts", import.meta.url));
  const { stdout } = await runNode(["--expose-gc", script, String(ticks.early), String(ticks.late)]);
  const [early, late] = readings(stdout);
  const mebi = 2 ** 20;
  return [
    compared("memory: after 1M ticks; baseline: after 100k", { value: late.bytes / mebi, baseline: early.bytes / mebi, unit: "MiB" }, { atMost }),
    alone("memory: growth from 100k to 1M ticks", (late.bytes - early.bytes) / (late.ticks - early.ticks), "bytes/tick"),
    alone("memory: hedges in 1M ticks (an order is kept for good)", late.hedges, "hedges"),
  ];
};

type Reading = { readonly ticks: number; readonly hedges: number; readonly bytes: number };

const isReading = (value: unknown): value is Reading =>
  typeof value === "object" && value !== null && ["ticks", "hedges", "bytes"].every((key) => typeof Reflect.get(value, key) === "number");

const readings = (stdout: string): readonly [Reading, Reading] => {
  const parsed: unknown = JSON.parse(stdout);
  const [early, late] = Array.isArray(parsed) ? parsed.map((each: unknown) => each) : [];
  if (isReading(early) && isReading(late)) return [early, late];
  throw new Error(`The measured process printed no two readings: ${stdout}`);
};
