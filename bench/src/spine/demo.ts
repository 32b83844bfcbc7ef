import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runNode } from "../child.ts";
import { alone, type Measurement } from "../measurement.ts";
import { sharesOf } from "../profile.ts";

const cli = fileURLToPath(new URL("../../../services/cli/src/main.ts", import.meta.url));
const leastShare = 0.005;

/** The demo as a person runs it, at full speed: how long it takes, and where its process spends the time. */
export const demo = async (): Promise<readonly Measurement[]> => {
  const folder = await mkdtemp(join(tmpdir(), "finality-bench-"));
  try {
    const run = (...nodeOptions: readonly string[]) =>
      runNode([...nodeOptions, cli, "demo", "--speed", "max", "--exit", "--json", "--port", "0", "--data", join(folder, "data")]);
    // Not profiled first: the profile slows it down.
    const startedAt = performance.now();
    await run();
    const seconds = (performance.now() - startedAt) / 1_000;
    const profiles = join(folder, "profiles");
    await run("--cpu-prof", `--cpu-prof-dir=${profiles}`, "--cpu-prof-interval=500");
    const shares = sharesOf(await mainProfile(profiles));
    const named = shares.filter(({ share }) => share >= leastShare);
    const rest = shares.filter(({ share }) => share < leastShare).reduce((sum, { share }) => sum + share, 0);
    return [
      alone("demo: the day at full speed, start and summary included", seconds, "s"),
      ...named.map(({ owner, share }) => alone(`demo: share of ${owner}`, share * 100, "%")),
      alone("demo: share of all else", rest * 100, "%"),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Threads and children write profiles too; the house's own is the largest. */
const mainProfile = async (folder: string): Promise<string> => {
  const texts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), "utf8")));
  const [largest] = texts.toSorted((left, right) => right.length - left.length);
  if (largest === undefined) throw new Error("The demo left no CPU profile.");
  return largest;
};
