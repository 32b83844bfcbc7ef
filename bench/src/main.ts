import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Benchmark, Measurement } from "./measurement.ts";
import { tableOf } from "./report.ts";
import { cluster } from "./cluster/cluster.ts";
import { log } from "./log/log.ts";
import { pricing } from "./pricing/pricing.ts";
import { spine } from "./spine/spine.ts";

const benchmarks: readonly Benchmark[] = [spine, log, cluster, pricing];
const exitCodes = { ok: 0, error: 1, usage: 2, findings: 6 } as const;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const usage = (): string =>
  [
    "pnpm bench <name> [--json] [--only <part>] [--full] [--strict]",
    ...benchmarks.map(({ name, about, parts }) => `  ${name}  ${about}\n    parts: ${parts.map((part) => part.name).join(", ")}`),
  ].join("\n");

const options = { json: { type: "boolean" }, strict: { type: "boolean" }, full: { type: "boolean" }, only: { type: "string" } } as const;

const argumentsOf = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** What was measured; a part that could not be measured is told and left out. */
const run = async ({ parts }: Benchmark, { only, full }: { readonly only: string | undefined; readonly full: boolean }): Promise<{ readonly rows: readonly Measurement[]; readonly complete: boolean }> => {
  const rows: Measurement[] = [];
  let complete = true;
  for (const part of parts) {
    if (only !== undefined && part.name !== only) continue;
    say(`measuring ${part.name} …`);
    try {
      rows.push(...(await part.measure({ full })));
    } catch (error) {
      complete = false;
      say(`${part.name} could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return { rows, complete };
};

/** Runs a benchmark by the command line's words and returns the exit code: 2 for what is not understood, 6 for a missed goal under --strict. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const parsed = argumentsOf(argv);
  if (typeof parsed === "string") {
    say(`${parsed}\n${usage()}`);
    return exitCodes.usage;
  }
  const [name, ...more] = parsed.positionals;
  if (name === undefined) {
    print(usage());
    return exitCodes.ok;
  }
  const { json = false, strict = false, full = false, only } = parsed.values;
  const benchmark = benchmarks.find((each) => each.name === name);
  if (benchmark === undefined || more.length > 0) {
    say(`There is no benchmark "${[name, ...more].join(" ")}".\n${usage()}`);
    return exitCodes.usage;
  }
  if (only !== undefined && !benchmark.parts.some((part) => part.name === only)) {
    say(`The benchmark ${name} has no part "${only}".\n${usage()}`);
    return exitCodes.usage;
  }
  const { rows, complete } = await run(benchmark, { only, full });
  if (json) print(JSON.stringify(rows, null, 2));
  else print(`${cpus()[0]?.model ?? "unknown processor"}, ${String(cpus().length)} cores, node ${process.version}\n\n${tableOf(rows)}`);
  if (!complete) return exitCodes.error;
  return strict && rows.some(({ ok }) => ok === false) ? exitCodes.findings : exitCodes.ok;
};
