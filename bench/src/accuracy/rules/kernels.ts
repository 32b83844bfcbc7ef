import { erfcx, inverseNormalDistribution, normalDistribution } from "@finality/pricing";
import { eachRow, within, type Rule } from "../rule.ts";

const functions: Readonly<Record<string, (x: number) => number>> = { Phi: normalDistribution, erfcx, invPhi: inverseNormalDistribution };

export const kernelRules: Readonly<Record<string, Rule>> = {
  normal_kernels_mp: eachRow(function* (row) {
    const [name, x, expected] = [row.text("function"), row.number("x"), row.number("value_25_digits")];
    const relative = name === "Phi" && x < -6 ? 1e-14 : 1e-15;
    // Below the smallest normal number a double has few digits left; the median's inverse is 0 but for the table's own rounding.
    const tolerance = Math.max(relative * Math.abs(expected), name === "Phi" ? 1e-307 * 1e-1 : 1e-60);
    yield within(row, name, { gave: functions[name]?.(x) ?? NaN, expected, tolerance });
  }),
};
