import type { Linter } from "eslint";
import type { Restriction } from "./restriction.ts";

/** Members of Math whose every bit ECMAScript fixes. Anything else may differ between two builds of Node. */
const exactMathMembers = [
  "abs", "ceil", "clz32", "f16round", "floor", "fround", "imul", "max", "min", "round", "sign", "sqrt", "trunc",
  "E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2",
];

const inexactMath = "Implementation-defined: its last bit differs between machines and forks a replay. Use @finality/pricing's own functions.";

/** The host's globals: clock, randomness, timers, locale data, I/O. */
const hostGlobals: readonly (readonly [names: readonly string[], message: string])[] = [
  [["Date", "performance"], "Pure code has no clock: time is in the record."],
  [["setTimeout", "setInterval", "setImmediate", "queueMicrotask"], "Pure code has no timers: due times are compared with the record's time."],
  [["Intl"], "Locale data differs between Node builds: compute it outside the fold and record it."],
  [["process", "console", "fetch", "Buffer", "require", "global", "globalThis"], "Pure code does no I/O and sees no host."],
  [["crypto"], "Pure code has no randomness: ids are functions of the place in the log."],
  [["WeakRef", "FinalizationRegistry"], "Garbage collection is not deterministic."],
];

const localeMethods = [
  "localeCompare", "toLocaleString", "toLocaleDateString", "toLocaleTimeString", "toLocaleUpperCase", "toLocaleLowerCase",
];

const purityRestrictions: readonly Restriction[] = [
  { selector: "BinaryExpression[operator='**']", message: `** is Math.pow. ${inexactMath}` },
  { selector: "AssignmentExpression[operator='**=']", message: `**= is Math.pow. ${inexactMath}` },
  { selector: "MemberExpression[computed=true][object.name='Math'] > :not(Literal).property", message: "Name the member of Math, so that lint can check it." },
  { selector: ":not(MemberExpression, TSQualifiedName, TSTypeQuery) > Identifier[name='Math']", message: "No alias of Math: lint checks its members by name." },
  { selector: "ImportExpression", message: "Pure code loads nothing at run time." },
  { selector: "MetaProperty[meta.name='import']", message: "Pure code does not know where it lies." },
];

const valuePackages = "decimal\\.js$|typebox(?:$|/)";

/** Rules of the pure packages' sources; merged with the house's syntax restrictions because ESLint keeps only the last list. */
export const purityRules = (house: readonly Restriction[], deepImports: { readonly regex: string; readonly message: string }): Linter.RulesRecord => ({
  "no-restricted-globals": ["error", ...hostGlobals.flatMap(([names, message]) => names.map((name) => ({ name, message })))],
  "no-restricted-properties": [
    "error",
    { object: "Math", allowProperties: [...exactMathMembers], message: inexactMath },
    ...localeMethods.map((property) => ({ property, message: "Locale data differs between Node builds: compare code units, format at the edge." })),
  ],
  "no-restricted-syntax": ["error", ...house, ...purityRestrictions],
  "no-restricted-imports": [
    "error",
    {
      patterns: [
        deepImports,
        {
          regex: `^(?!\\.{1,2}/|@finality/|${valuePackages})`,
          message: "Pure code imports its own files, packages below it and value types (decimal.js, typebox): no Node module, no luxon, nothing else.",
        },
      ],
    },
  ],
  "@typescript-eslint/require-array-sort-compare": ["error", { ignoreStringArrays: true }],
});
