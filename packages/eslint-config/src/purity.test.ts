import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import { node, pure } from "./index.ts";

type Example = { readonly name: string; readonly source: string; readonly rule: string; readonly file?: string };

const compilerOptions = { strict: true, target: "es2024", lib: ["es2024"], module: "nodenext", noEmit: true, types: [] };

/** Writes each source as a file of one scratch package, lints them, and answers the names of the rules broken in each. */
const brokenRules = async (
  configuration: typeof pure,
  examples: readonly { readonly source: string; readonly file?: string | undefined }[],
): Promise<string[][]> => {
  const folder = await mkdtemp(join(tmpdir(), "finality-lint-"));
  try {
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["."] }));
    await Promise.all(["src", "scripts"].map((name) => mkdir(join(folder, name))));
    const paths = examples.map(({ file }, index) => join(folder, file ?? `src/example-${String(index)}.ts`));
    await Promise.all(examples.map(({ source }, index) => writeFile(paths[index] ?? "", source)));
    const results = await new ESLint({ cwd: folder, overrideConfigFile: true, overrideConfig: configuration }).lintFiles(paths);
    const byPath = new Map(results.map((result) => [result.filePath, result.messages.map(({ ruleId, message }) => ruleId ?? message)]));
    return paths.map((path) => byPath.get(path) ?? ["the file was not linted"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const inexactMembers = [
  "exp", "expm1", "log", "log1p", "log2", "log10", "pow", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
  "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt", "hypot", "random",
];

const impure: readonly Example[] = [
  ...inexactMembers.map((member) => ({ name: `Math.${member}`, source: `export const f = Math.${member};`, rule: "no-restricted-properties" })),
  { name: "a destructured Math.exp", source: "export const { exp } = Math;", rule: "no-restricted-properties" },
  { name: 'Math["exp"]', source: 'export const y = Math["exp"](1);', rule: "no-restricted-properties" },
  { name: "a computed member of Math", source: 'export const f = (name: "exp") => Math[name];', rule: "no-restricted-syntax" },
  { name: "an alias of Math", source: "export const m = Math;", rule: "no-restricted-syntax" },
  { name: "**", source: "export const square = (x: number): number => x ** 2;", rule: "no-restricted-syntax" },
  { name: "**=", source: "export const square = (x: number): number => { x **= 2; return x; };", rule: "no-restricted-syntax" },
  { name: "Date.now", source: "export const now = Date.now();", rule: "no-restricted-globals" },
  { name: "new Date", source: "export const now = new Date();", rule: "no-restricted-globals" },
  { name: "Intl", source: 'export const format = new Intl.NumberFormat("en");', rule: "no-restricted-globals" },
  { name: "toLocaleString", source: "export const text = (1).toLocaleString();", rule: "no-restricted-properties" },
  { name: "localeCompare", source: 'export const order = "a".localeCompare("b");', rule: "no-restricted-properties" },
  { name: "globalThis", source: "export const host = globalThis;", rule: "no-restricted-globals" },
  { name: "process", source: "export const id = process.pid;", rule: "no-restricted-globals" },
  { name: "console", source: 'console.log("x");', rule: "no-restricted-globals" },
  { name: "setTimeout", source: "setTimeout(() => undefined, 1);", rule: "no-restricted-globals" },
  { name: "crypto", source: "export const id = crypto.randomUUID();", rule: "no-restricted-globals" },
  { name: "an import of node:fs", source: 'import { readFileSync } from "node:fs";\nexport const read = readFileSync;', rule: "no-restricted-imports" },
  { name: "an import of fs", source: 'export { readFileSync } from "fs";', rule: "no-restricted-imports" },
  { name: "an import of luxon", source: 'export { DateTime } from "luxon";', rule: "no-restricted-imports" },
  { name: "a type-only import of node:fs", source: 'export type { Stats } from "node:fs";', rule: "no-restricted-imports" },
  { name: "a deep import", source: 'export { x } from "@finality/domain/src/x.ts";', rule: "no-restricted-imports" },
  { name: "a dynamic import", source: 'export const load = () => import("./other.ts");', rule: "no-restricted-syntax" },
  { name: "a sort by text of numbers", source: "export const sorted = [2, 10].sort();", rule: "@typescript-eslint/require-array-sort-compare" },
];

const untidy: readonly Example[] = [
  { name: "any", source: "export const x: any = 1;", rule: "@typescript-eslint/no-explicit-any" },
  { name: "!", source: "export const f = (x: string | undefined): string => x!;", rule: "@typescript-eslint/no-non-null-assertion" },
  { name: "enum", source: 'export enum Side { Buy = "buy" }', rule: "no-restricted-syntax" },
  { name: "a default export", source: "export default 1;", rule: "no-restricted-exports" },
  { name: "a default export by name", source: "const x = 1;\nexport { x as default };", rule: "no-restricted-exports" },
  { name: "a value import of a type", source: 'import { Sibling } from "./sibling.ts";\nexport const f = (x: Sibling) => x;', rule: "@typescript-eslint/consistent-type-imports" },
  { name: "a forgotten promise", source: "export const f = (p: Promise<void>): void => { p; };", rule: "@typescript-eslint/no-floating-promises" },
  { name: "a switch with a gap", source: 'export const f = (x: "a" | "b"): void => { switch (x) { case "a": break; } };', rule: "@typescript-eslint/switch-exhaustiveness-check" },
  { name: "a file of 301 lines", source: "export {};\n".repeat(301), rule: "max-lines" },
  { name: "a function of 71 lines", source: `export const f = (): void => {\n${"f();\n".repeat(69)}};\n`, rule: "max-lines-per-function" },
  { name: "a name in camel case", source: "export {};", rule: "house/kebab-case-file", file: "src/camelCase.ts" },
  { name: "a deep import", source: 'export { x } from "@finality/domain/src/x.ts";', rule: "no-restricted-imports" },
];

const environment = "export const home = process.env;";

describe.each([
  { configuration: "pure", rules: pure, examples: [...impure, ...untidy] },
  { configuration: "node", rules: node, examples: [...untidy, { name: "process.env", source: environment, rule: "no-restricted-syntax" }] },
] as const)("the $configuration configuration refuses", async ({ rules, examples }) => {
  const sibling = { source: "export type Sibling = { readonly a: number };", file: "src/sibling.ts" };
  const found = await brokenRules(rules, [...examples, sibling]);

  test.each(examples.map((example, index) => ({ ...example, found: found[index] })))("$name", ({ rule, found: broken }) => {
    expect(broken).toContain(rule);
  });

  test("nothing of a clean file", () => {
    expect(found.at(-1)).toEqual([]);
  });
});

test("pure code may use exact maths, decimal.js, typebox, its own files and packages below it", async () => {
  const source = [
    'import type { Sibling } from "./sibling.ts";',
    'export { Decimal } from "decimal.js";',
    'export { Type } from "typebox";',
    'export { Value } from "typebox/value";',
    'export { x } from "@finality/domain";',
    "export const root = (x: Sibling): number => Math.sqrt(Math.max(x.a, 0)) * Math.PI;",
    'export const sorted = ["b", "a"].sort();',
  ];
  const sibling = { source: "export type Sibling = { readonly a: number };", file: "src/sibling.ts" };
  expect(await brokenRules(pure, [{ source: source.join("\n") }, sibling])).toEqual([[], []]);
});

test.each(["src/x.test.ts", "scripts/x.ts"])("tests and tools of pure code may use Node, the clock and Math.exp to check against: %s", async (file) => {
  const source = 'export { readFileSync } from "node:fs";\nexport const y = Math.exp(Date.now() ** 2);\n';
  expect(await brokenRules(pure, [{ source, file }])).toEqual([[]]);
});

test("config.ts and scripts may read the environment; a tool's configuration may export a default", async () => {
  const source = `declare const process: { readonly env: object };\n${environment}`;
  expect(await brokenRules(node, [{ source, file: "src/config.ts" }, { source, file: "scripts/x.ts" }])).toEqual([[], []]);
  expect(await brokenRules(node, [{ source: "export default {};\n", file: "src/tool.config.ts" }])).toEqual([[]]);
});
