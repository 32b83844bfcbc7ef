import type { DecisionFace } from "@finality/engine";

/** What a decision was made from. Deltas in currency per point; null where it says nothing, or it was never known. */
export type DecisionInputs = {
  readonly spot: unknown;
  readonly vols: unknown;
  readonly netDelta: unknown;
  readonly band: unknown;
};

/** A decision is not what its inputs give: JSON pointer of the field, both values, both decisions and what each was made from. */
export type DecisionDifference = {
  readonly log: string;
  readonly kind: "decision";
  readonly position: number;
  readonly field: string;
  readonly recorded: unknown;
  readonly recomputed: unknown;
  /** The input that both decisions were made behind. */
  readonly input: { readonly position: number; readonly type: string; readonly recordedTimeUs: number };
  readonly recordedDecision: DecisionFace | null;
  readonly recomputedDecision: DecisionFace | null;
  /** As the recorded decision names them, and as they were recomputed. */
  readonly inputs: { readonly recorded: DecisionInputs; readonly recomputed: DecisionInputs };
};

/** Where the log and its recomputation part first. Hashes are lower-case hex. */
export type VerifyDifference =
  | DecisionDifference
  /** A record's bytes are not what was hashed into the tree. */
  | { readonly log: string; readonly kind: "leaf"; readonly position: number; readonly storedLeafHash: string; readonly computedLeafHash: string }
  /** All leaves hold, but the head's root is of other leaves. */
  | { readonly log: string; readonly kind: "root"; readonly position: number; readonly storedRoot: string; readonly computedRoot: string }
  | { readonly log: string; readonly kind: "unreadable"; readonly position: number; readonly error: string };

/** Neighbouring records whose decisions were made under one semantics. */
export type VerifiedRange = {
  readonly log: string;
  /** Positions, both included. */
  readonly from: number;
  readonly to: number;
  readonly semantics: number;
  /** Which release recomputed the decisions: this one, the folder of another, or none. */
  readonly checkedBy: "this release" | { readonly release: string } | null;
};

export type Verdict = {
  readonly log: string;
  /** Records that were read. */
  readonly records: number;
  /** Decisions among them, recomputed or not. */
  readonly decisions: number;
  /** In order; they end at the first difference. */
  readonly ranges: readonly VerifiedRange[];
  readonly firstDifference?: VerifyDifference;
};

export const uncheckedRanges = ({ ranges }: Pick<Verdict, "ranges">): readonly VerifiedRange[] => ranges.filter(({ checkedBy }) => checkedBy === null);

/** Whether every decision was recomputed and agrees. */
export const isProven = (verdict: Verdict): boolean => verdict.firstDifference === undefined && uncheckedRanges(verdict).length === 0;
