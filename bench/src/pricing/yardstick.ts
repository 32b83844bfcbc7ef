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

const parse = (text: string): Yardstick => {
  const values = new Map(
    text
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name = "", options = "", ns = ""]) => [`${name}/${options}`, Number(ns)]),
  );
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
    return parse(execFileSync(program, { encoding: "utf8" }));
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
};

/** Compiles and runs a program of `bench/yardsticks`. Says on stderr what is missing, and measures nothing then. */
export const yardstick = (source: "batch-limit.cpp" | "quantlib.cpp"): Yardstick => {
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
