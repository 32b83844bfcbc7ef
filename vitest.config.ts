import { defineConfig } from "vitest/config";

const sources = ["packages/*/src", "services/*/src", "infra/*/src", "bench"];
const files = (ending: string): string[] => sources.map((folder) => `${folder}/**/*${ending}`);

/** A project runs after the ones of a lower rank: databases and whole systems do not compete with what is quick. */
const project = (name: string, rank: number) => ({ name, sequence: { groupOrder: rank } });

/** One migrated PostgreSQL for the whole run, and brokers when they are asked for. */
const globalSetup = "packages/testkit/src/global-setup.ts";

/** Whole systems that are one process on a folder of its own, and wait for no wall clock: two at a time. */
const onFolders = ["archive", "as-of", "btc", "check", "cli", "crash", "demo", "pricing", "projections", "readme", "replay/replay", "restore", "tampering", "witness"].map((name) => `services/cli/src/${name}.e2e.test.ts`).concat("infra/checks/src/image.e2e.test.ts");
const wholeSystem = { globalSetup, testTimeout: 600_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...project("unit", 0),
          include: files(".test.ts"),
          exclude: ["**/node_modules/**", ...files(".int.test.ts"), ...files(".e2e.test.ts")],
        },
      },
      {
        // Each file may start a PostgreSQL of its own.
        test: { ...project("int", 1), include: files(".int.test.ts"), globalSetup, testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2 },
      },
      {
        test: { ...project("e2e-folder", 2), ...wholeSystem, include: onFolders, maxWorkers: 2 },
      },
      {
        // Many processes and servers a file: one file after the other.
        test: { ...project("e2e", 3), ...wholeSystem, include: files(".e2e.test.ts"), exclude: ["**/node_modules/**", ...onFolders], fileParallelism: false },
      },
    ],
  },
});
