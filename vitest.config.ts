import { defineConfig } from "vitest/config";

const sources = ["packages/*/src", "services/*/src", "infra/*/src", "bench"];
const files = (ending: string): string[] => sources.map((folder) => `${folder}/**/*${ending}`);

/** A project runs after the ones of a lower rank: databases and whole systems do not compete with what is quick. */
const project = (name: string, rank: number) => ({ name, sequence: { groupOrder: rank } });

/** One migrated PostgreSQL for the whole run, and brokers when they are asked for. */
const globalSetup = "packages/testkit/src/global-setup.ts";

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
        // A whole system a file, one after the other.
        test: {
          ...project("e2e", 2),
          include: files(".e2e.test.ts"),
          globalSetup,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
