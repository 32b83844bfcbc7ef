import { describe, expect, test } from "vitest";
import { chebyshevNodes, interpolationRows } from "./collocation.ts";
import { cosineOfHalfTurns, gaussLegendre } from "./gauss-legendre.ts";
import { angleRule, nearAngleRule } from "./time-rule.ts";

describe("rules", () => {
  test("the cosine from sums and products", () => {
    for (let step = 0; step <= 1000; step += 1) expect(Math.abs(cosineOfHalfTurns(step / 1000) - Math.cos((Math.PI * step) / 1000))).toBeLessThanOrEqual(7e-16);
  });

  test.each([2, 3, 8, 20, 48, 112])("Gauss–Legendre with %d points integrates powers up to twice its count", (count) => {
    const { points, weights } = gaussLegendre(count);
    for (let power = 0; power < 2 * count; power += 1) {
      const sum = weights.reduce((total, weight, index) => total + weight * (points[index] ?? NaN) ** power, 0);
      expect(Math.abs(sum * (power + 1) - 1)).toBeLessThanOrEqual(1e-13);
    }
  });

  test.each([["angle", angleRule] as const, ["near angle", nearAngleRule] as const])("the %s rule over elapsed time", (_, ruleOf) => {
    const { rootElapsed, rootRemaining, weights } = ruleOf(24);
    let sum = 0;
    for (const [index, weight] of weights.entries()) {
      const [elapsed, remaining] = [rootElapsed[index] ?? NaN, rootRemaining[index] ?? NaN];
      expect(Math.abs(elapsed * elapsed + remaining * remaining - 1)).toBeLessThanOrEqual(1e-15);
      sum += weight * Math.exp(-elapsed * elapsed) * remaining;
    }
    // ∫_0^1 exp(-s) sqrt(1 - s) ds, which time itself does not resolve.
    expect(Math.abs(sum - 0.461920493087232)).toBeLessThanOrEqual(1e-14);
  });

  test("interpolation through the nodes and zero at zero", () => {
    const nodes = chebyshevNodes(12);
    expect(nodes[11]).toBe(1);
    const places = [1e-3, 0.2, nodes[4] ?? NaN, 0.77, 1];
    const rows = interpolationRows(nodes, places);
    for (const [row, place] of places.entries()) {
      const value = nodes.reduce((sum, node, index) => sum + Math.expm1(node) * (rows[row * 12 + index] ?? NaN), 0);
      expect(Math.abs(value - Math.expm1(place))).toBeLessThanOrEqual(1e-14);
    }
  });
});
