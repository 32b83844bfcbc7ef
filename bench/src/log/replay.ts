import { fileURLToPath } from "node:url";
import { runNode } from "../child.ts";
import { alone, compared, type MeasureOptions, type Measurement } from "../measurement.ts";

const million = 1e6;
const short = [1, 10] as const;
const long = [1, 10, 100] as const;
const flat = { atMost: 1.1 } as const;
/** After the first million the code is compiled: later ticks may cost no more than the first. */
const linear = { atMost: 1.1 } as const;
const mebi = 2 ** 20;

/** Memory and time of a process that replays a log as it is generated and makes every decision again; nothing is kept but the state. */
export const replay = async ({ full }: MeasureOptions): Promise<readonly Measurement[]> => {
  const millions = full ? long : short;
  const script = fileURLToPath(new URL("replay-child.ts", import.meta.url));
  const { stdout } = await runNode(["--expose-gc", script, ...millions.map((count) => String(count * million))]);
  const readings = readingsOf(stdout);
  const [first] = readings;
  if (first === undefined || readings.length !== millions.length) throw new Error(`The measured process printed ${String(readings.length)} readings: ${stdout}`);
  return readings.flatMap((reading, index) => rowsOf(reading, { first, before: readings[index - 1], millions: millions[index] ?? NaN }));
};

type Reading = { readonly ticks: number; readonly hedges: number; readonly foldMs: number; readonly rss: number; readonly bytes: number };
type Context = { readonly first: Reading; readonly before: Reading | undefined; readonly millions: number };

const rowsOf = (reading: Reading, { first, before, millions }: Context): readonly Measurement[] => {
  const at = `replay: ${String(millions)} M ticks`;
  const used = reading.bytes / mebi;
  const nsATick = (nanoseconds(reading) - (before === undefined ? 0 : nanoseconds(before))) / (reading.ticks - (before?.ticks ?? 0));
  const rows = [alone(`${at}, resident`, reading.rss / mebi, "MiB"), alone(`${at}, hedges (an order is kept for good)`, reading.hedges, "hedges")];
  if (before === undefined) return [alone(`${at}, heap and buffers`, used, "MiB"), alone(`${at}, a tick`, nsATick, "ns"), ...rows];
  return [
    compared(`${at}, heap and buffers; baseline: at 1 M`, { value: used, baseline: first.bytes / mebi, unit: "MiB" }, flat),
    compared(`${at}, a tick since the row before; baseline: in the first million`, { value: nsATick, baseline: nanoseconds(first) / first.ticks, unit: "ns" }, linear),
    ...rows,
  ];
};

const nanoseconds = ({ foldMs }: Reading): number => foldMs * 1e6;

const isReading = (value: unknown): value is Reading =>
  typeof value === "object" && value !== null && ["ticks", "hedges", "foldMs", "rss", "bytes"].every((key) => typeof Reflect.get(value, key) === "number");

const readingsOf = (stdout: string): readonly Reading[] => {
  const parsed: unknown = JSON.parse(stdout);
  return Array.isArray(parsed) ? parsed.filter(isReading) : [];
};
