import javascript from "@eslint/js";
import type { Linter } from "eslint";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";
import { deepImports, environmentRestrictions, houseRestrictions } from "./house.ts";
import { kebabCaseFile } from "./kebab-case-file.ts";
import { purityRules } from "./purity.ts";

const tests = ["**/*.test.ts"];
/** What is beside src: scripts, and the programs that made reference values. */
const tools = ["scripts/**/*.ts", "reference/**/*.ts", "*.ts"];

/** Rules for every file, tests included. */
const everywhere: Linter.RulesRecord = {
  eqeqeq: "error",
  "house/kebab-case-file": "error",
  "no-restricted-exports": [
    "error",
    { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } },
  ],
  "no-restricted-imports": ["error", { patterns: [deepImports] }],
  "no-restricted-syntax": ["error", ...houseRestrictions, ...environmentRestrictions],
  "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
  "@typescript-eslint/switch-exhaustiveness-check": [
    "error",
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
  // `type` for data, `interface` for ports: a distinction that the rule cannot see.
  "@typescript-eslint/consistent-type-definitions": "off",
  // Short callbacks may hand on a void; statements may not.
  "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
  // A generic that is used once still names the row or the message that its caller expects.
  "@typescript-eslint/no-unnecessary-type-parameters": "off",
  // An adapter may answer at once where its port promises.
  "@typescript-eslint/require-await": "off",
  // Ports are interfaces over closures: their members have no `this` to lose.
  "@typescript-eslint/unbound-method": "off",
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
  "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
};

/** A file or a function beyond these sizes usually has two ideas in it. */
const sizes: Linter.RulesRecord = {
  "max-lines": ["error", { max: 300 }],
  "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
};

/** What tests may do: read the environment, be long, and look into parsed documents without a type. */
const inTests: Linter.RulesRecord = {
  "max-lines": "off",
  "max-lines-per-function": "off",
  "no-restricted-syntax": ["error", ...houseRestrictions],
  "@typescript-eslint/no-unsafe-argument": "off",
  "@typescript-eslint/no-unsafe-assignment": "off",
  "@typescript-eslint/no-unsafe-call": "off",
  "@typescript-eslint/no-unsafe-member-access": "off",
  "@typescript-eslint/no-unsafe-return": "off",
};

const base = defineConfig(
  { ignores: ["**/generated/**", "**/dist/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [javascript.configs.recommended, typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { house: { rules: { "kebab-case-file": kebabCaseFile } } },
    rules: { ...everywhere, ...sizes },
  },
);

/** Code with I/O: services and adapters. */
export const node = defineConfig(
  base,
  // The checker narrows a flag once and does not see that it changes during an await; pure code never waits, so the rule holds there.
  { files: ["**/*.ts"], rules: { "@typescript-eslint/no-unnecessary-condition": "off" } },
  { files: ["**/config.ts", "**/testing/**/*.ts", ...tools], rules: { "no-restricted-syntax": ["error", ...houseRestrictions] } },
  { files: ["**/*.config.ts"], rules: { "no-restricted-exports": "off" } },
  { files: tests, rules: inTests },
);

/** Code that must give the same bytes on every machine. Its tests and tools may use Node. */
export const pure = defineConfig(
  base,
  { files: ["src/**/*.ts"], ignores: tests, rules: purityRules(houseRestrictions, deepImports) },
  { files: [...tests, ...tools], rules: inTests },
);

/** Test tooling: as `node`, but it may read the environment. */
export const testkit = defineConfig(node, { files: ["**/*.ts"], rules: { "no-restricted-syntax": ["error", ...houseRestrictions] } });
