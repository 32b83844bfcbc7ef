import type { Decision, DecisionRecord, InputRecord } from "@finality/contracts";
import { agree, sameContent } from "../state/content.ts";
import type { Sha256 } from "../state/state-hash.ts";
import type { EngineState } from "../state/engine-state.ts";
import { compareTurns, recordOf, takeTurns, turnOf, type Turn } from "./decisions-due.ts";
import { evolve } from "./evolve.ts";

/** What a decision is compared by. */
export type DecisionFace = Decision & { readonly recordedTimeUs: number };

export type FieldDifference = {
  /** JSON pointer into `{type, recordedTimeUs, body}` of the decision record; empty when one side has no record at all. */
  readonly field: string;
  /** Undefined where that side has no such value. */
  readonly recorded: unknown;
  readonly recomputed: unknown;
};

/** The first place where a recorded decision is not what its inputs give. */
export type Difference = FieldDifference & {
  readonly position: number;
  /** Both decisions whole; undefined where that side decided nothing there. */
  readonly recordedDecision: DecisionFace | undefined;
  readonly recomputedDecision: DecisionFace | undefined;
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const same = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (a !== undefined && b !== undefined && sameContent(a, b));

const memberOf = (value: object, key: string): unknown => Reflect.get(value, key);

const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** Every differing leaf, members in order of their names. */
function* leaves(recorded: unknown, recomputed: unknown, field: string): Generator<FieldDifference, void, void> {
  if (same(recorded, recomputed)) return;
  if (!isObject(recorded) || !isObject(recomputed) || Array.isArray(recorded) !== Array.isArray(recomputed)) {
    yield { field, recorded, recomputed };
    return;
  }
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(recomputed)])].sort();
  for (const key of keys) yield* leaves(memberOf(recorded, key), memberOf(recomputed, key), `${field}/${escaped(key)}`);
}

const faceOf = (record: DecisionRecord | undefined): DecisionFace | undefined => {
  if (record === undefined) return undefined;
  const { log: _log, generation: _generation, position: _position, venueTimeUs: _venueTimeUs, ...face } = record;
  return face;
};

const compared = (decision: DecisionFace | undefined): unknown =>
  decision === undefined ? undefined : { type: decision.type, recordedTimeUs: decision.recordedTimeUs, body: decision.body };

/** Every field in which two decisions differ; none when they are the same. */
export const differingFields = (recorded: DecisionFace | undefined, recomputed: DecisionFace | undefined): readonly FieldDifference[] =>
  [...leaves(compared(recorded), compared(recomputed), "")];

export type RecordedStep = {
  readonly input: InputRecord;
  /** The decision records between this input and the next one, as they are in the log. */
  readonly decisions: readonly DecisionRecord[];
};

/**
 * Recomputes the decisions of one recorded input and compares. Undefined: they agree, and the state stands behind them. After a
 * difference the state stands where the differing decision was to be made, with what it was to be made from: report it and stop.
 */
export const verifyStep = (state: EngineState, { input, decisions }: RecordedStep, sha256: Sha256): Difference | undefined => {
  evolve(state, input);
  let agreed = 0;
  let difference: Difference | undefined;
  const differs = (recorded: DecisionRecord | undefined, recomputed: DecisionRecord | undefined): boolean => {
    const [first] = differingFields(recorded, recomputed);
    const position = recorded?.position ?? input.position + 1 + agreed;
    if (first !== undefined) difference = { position, ...first, recordedDecision: faceOf(recorded), recomputedDecision: faceOf(recomputed) };
    return first !== undefined;
  };
  takeTurns(state, sha256, (stage, book, decided) => {
    if (decided.length === 0) return true;
    const turn = { stage, book };
    // Compared before any of them is folded: one that was tampered with might not be foldable.
    for (const [index, decision] of decided.entries()) {
      const there = decisions[agreed + index];
      if (there !== undefined && isRecordedAs(there, decision, { turn, recordedTimeUs: state.facts.recordedTimeUs })) continue;
      const [recorded, made] = counterparts(there, recordOf(state, input.position + 1 + agreed + index, decision), turn);
      if (differs(recorded, made)) return false;
    }
    for (const recorded of decisions.slice(agreed, agreed + decided.length)) evolve(state, recorded);
    agreed += decided.length;
    return true;
  });
  if (difference === undefined && agreed < decisions.length) differs(decisions[agreed], undefined);
  return difference;
};

type Moment = { readonly turn: Turn; readonly recordedTimeUs: number };

/** What was read from the log and agrees with a decision needs not be made into that decision's record to be compared with it. */
const isRecordedAs = (recorded: DecisionRecord, decision: Decision, { turn, recordedTimeUs }: Moment): boolean =>
  recorded.type === decision.type && recorded.recordedTimeUs === recordedTimeUs && turnOf(recorded).book === turn.book && agree(recorded.body, decision.body);

/** What to compare: a recorded decision of an earlier turn has no counterpart here, and one of a later turn leaves ours without. */
const counterparts = (recorded: DecisionRecord | undefined, recomputed: DecisionRecord, turn: Turn): readonly [DecisionRecord | undefined, DecisionRecord | undefined] => {
  if (recorded === undefined) return [undefined, recomputed];
  const its = turnOf(recorded);
  if (recorded.type === recomputed.type && its.book === turn.book) return [recorded, recomputed];
  const order = compareTurns(its, turn);
  return order === 0 ? [recorded, recomputed] : order < 0 ? [recorded, undefined] : [undefined, recomputed];
};
