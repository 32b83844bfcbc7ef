import type { Restriction } from "./restriction.ts";

/** Syntax that no file of the house may contain. */
export const houseRestrictions: readonly Restriction[] = [
  { selector: "TSEnumDeclaration", message: "No enum: use a union of string literals." },
  { selector: "TSModuleDeclaration[kind='namespace']", message: "No namespace: a file is the unit." },
];

const readsEnvironment = "process.env is read once, in a config.ts; pass the value in.";

/** The environment is configuration; only files named config.ts read it. */
export const environmentRestrictions: readonly Restriction[] = [
  { selector: "MemberExpression[object.name='process'][property.name='env']", message: readsEnvironment },
  { selector: "VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name='env']", message: readsEnvironment },
  { selector: "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']", message: readsEnvironment },
];

/** A package is entered by its door only, or by a side door that its package.json has: so a command line starts without what it does not need. */
export const deepImports = {
  regex: "^@finality/(?!runtime/settings$|history/as-of-point$)[^/]+/.+",
  message: "Import a package by its door (@finality/<name>); what is not exported there is private.",
} as const;
