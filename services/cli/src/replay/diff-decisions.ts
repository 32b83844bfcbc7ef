import { alignedByInput, alignedByOrder } from "./align.ts";
import type { DecisionSide, PlacedDecision } from "./decision-side.ts";
import { comparePair, type Comparison } from "./pair-decisions.ts";

export type Alignment = "input" | "order";

/** A decision that is not the same on both sides, with each field that differs; none where only one side decided. */
export type DecisionDiff = {
  readonly kind: "different" | "only_a" | "only_b";
  readonly a: PlacedDecision | null;
  readonly b: PlacedDecision | null;
  readonly fields: readonly { readonly field: string; readonly a: unknown; readonly b: unknown }[];
};

export type Diff = {
  readonly alignedBy: Alignment;
  readonly equal: boolean;
  readonly same: number;
  readonly different: number;
  readonly onlyA: number;
  readonly onlyB: number;
  /** State hashes of two semantics, which are not compared. */
  readonly otherSemantics: number;
  /** The first of them, at most `shownMost`. */
  readonly differences: readonly DecisionDiff[];
};

const shownMost = 20;

/** By input where both sides are of one recorded log, as far as they tell; else by order. */
export const alignmentOf = (a: DecisionSide, b: DecisionSide): Alignment => {
  if (a.log !== b.log || a.generation !== b.generation) return "order";
  return a.logHash === null || b.logHash === null || a.logHash === b.logHash ? "input" : "order";
};

async function* within(decisions: AsyncIterable<PlacedDecision>, from: number, to: number): AsyncGenerator<PlacedDecision, void, void> {
  for await (const decision of decisions) {
    if (decision.input > to) return;
    if (decision.input >= from) yield decision;
  }
}

/** What both sides looked at: all of it, or of one recorded log the inputs that both of them have. */
const common = (a: DecisionSide, b: DecisionSide, alignedBy: Alignment): readonly [AsyncIterable<PlacedDecision>, AsyncIterable<PlacedDecision>] => {
  if (alignedBy === "order") return [a.decisions, b.decisions];
  const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)];
  return [within(a.decisions, from, to), within(b.decisions, from, to)];
};

const counted = { same: "same", different: "different", only_a: "onlyA", only_b: "onlyB", other_semantics: "otherSemantics" } as const satisfies Record<Comparison["kind"], string>;

/** Compares two sides decision by decision. */
export const diffDecisions = async (a: DecisionSide, b: DecisionSide, alignedBy: Alignment): Promise<Diff> => {
  const counts = { same: 0, different: 0, onlyA: 0, onlyB: 0, otherSemantics: 0 };
  const differences: DecisionDiff[] = [];
  const [as, bs] = common(a, b, alignedBy);
  for await (const pair of alignedBy === "input" ? alignedByInput(as, bs) : alignedByOrder(as, bs)) {
    const comparison = comparePair(pair);
    counts[counted[comparison.kind]] += 1;
    if (comparison.kind === "same" || comparison.kind === "other_semantics" || differences.length >= shownMost) continue;
    const fields = comparison.kind === "different" ? comparison.fields.map(({ field, recorded, recomputed }) => ({ field, a: recorded, b: recomputed })) : [];
    differences.push({ kind: comparison.kind, a: pair.a ?? null, b: pair.b ?? null, fields });
  }
  return { alignedBy, equal: counts.different + counts.onlyA + counts.onlyB === 0, ...counts, differences };
};
