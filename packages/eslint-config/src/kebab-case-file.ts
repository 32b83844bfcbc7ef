import { basename } from "node:path";
import type { Rule } from "eslint";

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|js)$/;

/** File names are kebab-case, so that a name reads the same on a file system that folds case. */
export const kebabCaseFile: Rule.RuleModule = {
  meta: { type: "suggestion", schema: [], messages: { name: "File names are kebab-case: '{{ file }}' is not." } },
  create: (context) => ({
    Program: (program) => {
      const file = basename(context.filename);
      if (!kebabCase.test(file)) context.report({ node: program, messageId: "name", data: { file } });
    },
  }),
};
