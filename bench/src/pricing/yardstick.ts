import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../yardsticks");

/** What a C++ program of ours measured on this machine, in this run. */
export type Yardstick = {
  /** Nanoseconds an option, or null where it could not be built or does not measure this. */
  readonly nanoseconds: (name: string, options?: number) => number | null;
};

const nothing: Yardstick = { nanoseconds: () => null };
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const compilerOf = (): string | undefined => ["g++", "clang++", "c++"].find((name) => spawnSync(name, ["--version"]).status === 0);

/** Does the compiler's native target have the instructions that the limit is written in? */
const hasAvx512 = (compiler: string): boolean =>
  /__AVX512F__/.test(spawnSync(compiler, ["-march=native", "-dM", "-E", "-x", "c++", "/dev/null"], { encoding: "utf8" }).stdout);

/** Reads lines "name <tab> options <tab> nanoseconds an option"; what is no such line measures nothing. */
export const parseYardstick = (text: string): Yardstick => {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", options = "", figure = ""] = line.trim().split("\t");
    const nanoseconds = Number(figure);
    if (nanoseconds > 0 && nanoseconds < Infinity) values.set(`${name}/${options}`, nanoseconds);
  }
  return { nanoseconds: (name, options = 0) => values.get(`${name}/${String(options)}`) ?? null };
};

const buildAndRun = (compiler: string, source: string, libraries: readonly string[]): Yardstick => {
  const built = mkdtempSync(join(tmpdir(), "finality-yardstick-"));
  try {
    const program = join(built, "program");
    const compiled = spawnSync(compiler, ["-O3", "-march=native", "-ffp-contract=fast", "-Wno-psabi", join(folder, source), ...libraries, "-o", program], { encoding: "utf8" });
    if (compiled.status !== 0) {
      say(`${source} could not be compiled: ${compiled.stderr.split("\n")[0] ?? ""}`);
      return nothing;
    }
    return parseYardstick(execFileSync(program, { encoding: "utf8" }));
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
};

type Source = "batch-limit.cpp" | "quantlib.cpp";

const measure = (source: Source): Yardstick => {
  const compiler = compilerOf();
  if (compiler === undefined) {
    say(`There is no C++ compiler: ${source} is left out.`);
    return nothing;
  }
  if (source === "batch-limit.cpp" && !hasAvx512(compiler)) {
    say("This machine has no AVX-512: the C++ limit is left out.");
    return nothing;
  }
  return buildAndRun(compiler, source, source === "quantlib.cpp" ? ["-lQuantLib"] : []);
};

const measured = new Map<Source, Yardstick>();

/** Compiles and runs a program of `bench/yardsticks`, once a run. Says on stderr what is missing, and measures nothing then. */
export const yardstick = (source: Source): Yardstick => {
  const known = measured.get(source) ?? measure(source);
  measured.set(source, known);
  return known;
};
