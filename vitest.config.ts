import { defineConfig } from "vitest/config";

const source = ["packages/*/src", "services/*/src", "bench/src"];
const files = (ending: string): string[] => source.map((folder) => `${folder}/**/*${ending}`);

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: files(".test.ts"), exclude: ["**/node_modules/**", ...files(".int.test.ts"), ...files(".e2e.test.ts")] } },
      { test: { name: "int", include: files(".int.test.ts"), testTimeout: 60_000, hookTimeout: 120_000 } },
      { test: { name: "e2e", include: files(".e2e.test.ts"), testTimeout: 300_000, hookTimeout: 120_000 } },
    ],
  },
});
