import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise } from "dependency-cruiser";
import type { IForbiddenRuleType, IOptions } from "dependency-cruiser";
import { expect, test } from "vitest";

type Arrows = { readonly forbidden: IForbiddenRuleType[]; readonly options: IOptions };

const { forbidden, options } = createRequire(import.meta.url)("../../../.dependency-cruiser.cjs") as Arrows;

/** Writes a scratch house of these files and answers the names of the rules that it breaks, sorted. */
const brokenRules = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  const house = await mkdtemp(join(tmpdir(), "finality-arrows-"));
  try {
    for (const [path, source] of Object.entries(files)) {
      await mkdir(dirname(join(house, path)), { recursive: true });
      await writeFile(join(house, path), source);
    }
    const { output } = await cruise(["."], { ...options, baseDir: house, validate: true, ruleSet: { forbidden } });
    if (typeof output === "string") throw new Error(`dependency-cruiser answered text: ${output}`);
    return [...new Set(output.summary.violations.map((violation) => violation.rule.name))].sort();
  } finally {
    await rm(house, { recursive: true, force: true });
  }
};

const door = (name: string): string => `../../../${name}/src/index.ts`;
const doors = Object.fromEntries(
  ["pricing", "domain", "contracts", "engine", "database", "service-kit", "bus", "event-log", "testkit"]
    .map((name) => `packages/${name}`)
    .concat("services/api", "services/executor", "services/cli")
    .map((name) => [`${name}/src/index.ts`, "export const a = 1;\n"]),
);

const arrow = (target: string): string => `export { a } from "${target}";\n`;

test.each([
  { name: "domain to pricing", from: "packages/domain", to: door("packages/pricing"), rules: ["values-strangers"] },
  { name: "domain to engine", from: "packages/domain", to: door("packages/engine"), rules: ["values-import-downward"] },
  { name: "contracts to engine", from: "packages/contracts", to: door("packages/engine"), rules: ["contracts-import-downward", "contracts-know-domain-only"] },
  { name: "contracts to pricing", from: "packages/contracts", to: door("packages/pricing"), rules: ["contracts-know-domain-only"] },
  { name: "engine to database", from: "packages/engine", to: door("packages/database"), rules: ["engine-import-downward"] },
  { name: "database to bus", from: "packages/database", to: door("packages/bus"), rules: ["ground-import-downward"] },
  { name: "database to service-kit", from: "packages/database", to: door("packages/service-kit"), rules: ["ground-strangers"] },
  { name: "bus to event-log", from: "packages/bus", to: door("packages/event-log"), rules: ["adapters-strangers"] },
  { name: "bus to a service", from: "packages/bus", to: door("services/api"), rules: ["adapters-import-downward"] },
  { name: "one service to another", from: "services/api", to: door("services/executor"), rules: ["services-strangers"] },
  { name: "a service to cli", from: "services/api", to: door("services/cli"), rules: ["nobody-imports-cli", "services-strangers"] },
  { name: "a source to testkit", from: "packages/bus", to: door("packages/testkit"), rules: ["testkit-in-tests-only"] },
  { name: "testkit to a service", from: "packages/testkit", to: door("services/api"), rules: ["testkit-knows-no-service"] },
  { name: "the own door", from: "packages/bus", to: "./index.ts", rules: ["not-through-the-own-door"] },
  { name: "a core module in the engine", from: "packages/engine", to: "node:fs", rules: ["pure-without-node"] },
  { name: "what is nowhere", from: "packages/bus", to: "./nowhere.ts", rules: ["resolvable"] },
  { name: "bus to database", from: "packages/bus", to: door("packages/database"), rules: [] },
  { name: "bus to contracts", from: "packages/bus", to: door("packages/contracts"), rules: [] },
  { name: "engine to contracts", from: "packages/engine", to: door("packages/contracts"), rules: [] },
  { name: "contracts to domain", from: "packages/contracts", to: door("packages/domain"), rules: [] },
  { name: "cli to a service", from: "services/cli", to: door("services/executor"), rules: [] },
])("$name breaks $rules", async ({ from, to, rules }) => {
  expect(await brokenRules({ ...doors, [`${from}/src/x.ts`]: arrow(to) })).toEqual(rules);
});

test("a type is an arrow too", async () => {
  const source = `export type { a } from "${door("packages/engine")}";\n`;
  expect(await brokenRules({ ...doors, "packages/domain/src/x.ts": source })).toEqual(["values-import-downward"]);
});

test("a package is entered by its door only", async () => {
  const files = { ...doors, "packages/database/src/inner.ts": "export const a = 1;\n" };
  const inner = "../../database/src/inner.ts";
  expect(await brokenRules({ ...files, "packages/bus/src/x.ts": arrow(inner) })).toEqual(["one-door"]);
  expect(await brokenRules({ ...files, "bench/x.ts": arrow("../packages/database/src/inner.ts") })).toEqual(["one-door-for-bench"]);
});

test("a circle is found", async () => {
  const files = { "packages/bus/src/x.ts": arrow("./y.ts"), "packages/bus/src/y.ts": arrow("./x.ts") };
  expect(await brokenRules(files)).toEqual(["no-circle"]);
});

test("a test may use testkit, and nothing imports a test", async () => {
  const files = { ...doors, "packages/bus/src/x.test.ts": arrow(door("packages/testkit")) };
  expect(await brokenRules(files)).toEqual([]);
  expect(await brokenRules({ ...files, "packages/bus/src/y.ts": arrow("./x.test.ts") })).toEqual(["tests-are-leaves"]);
});

test("what tests share may use testkit, and only tests use it", async () => {
  const files = {
    ...doors,
    "packages/bus/src/conformance/suite.ts": arrow("../../../testkit/src/index.ts"),
    "packages/bus/src/x.test.ts": arrow("./conformance/suite.ts"),
  };
  expect(await brokenRules(files)).toEqual([]);
  expect(await brokenRules({ ...files, "packages/bus/src/y.ts": arrow("./conformance/suite.ts") })).toEqual(["support-in-tests-only"]);
});
