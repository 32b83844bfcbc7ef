import type { Rule } from "../rule.ts";
import { americanRules } from "./american.ts";
import { coinSettledRules } from "./coin-settled.ts";
import { otherRules } from "./elsewhere.ts";
import { europeanRules } from "./european.ts";
import { impliedVolRules } from "./implied-vol.ts";
import { kernelRules } from "./kernels.ts";
import { realizedRules } from "./realized.ts";
import { surfaceRules } from "./surface.ts";

/** What each table asks for, by the file's name. */
export const rules: Readonly<Record<string, Rule>> = {
  ...kernelRules,
  ...europeanRules,
  ...coinSettledRules,
  ...impliedVolRules,
  ...americanRules,
  ...surfaceRules,
  ...realizedRules,
  ...otherRules,
};
