import type { DecisionRecord, InputRecord } from "@finality/contracts";
import { sameContent } from "../state/content.ts";
import type { Sha256 } from "../state/state-hash.ts";
import type { EngineState } from "../state/engine-state.ts";
import { advance } from "./advance.ts";

/** The first place where a recorded decision is not what its inputs give. */
export type Difference = {
  readonly position: number;
  /** JSON pointer into `{type, recordedTimeUs, body}` of the decision record; empty when one side has no record at all. */
  readonly field: string;
  /** Undefined where that side has no such value. */
  readonly recorded: unknown;
  readonly recomputed: unknown;
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const same = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (a !== undefined && b !== undefined && sameContent(a, b));

const memberOf = (value: object, key: string): unknown => Reflect.get(value, key);

const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

type Found = { readonly field: string; readonly recorded: unknown; readonly recomputed: unknown };

/** The first differing leaf, members in order of their names. */
const firstLeaf = (recorded: unknown, recomputed: unknown, field: string): Found | undefined => {
  if (same(recorded, recomputed)) return undefined;
  if (!isObject(recorded) || !isObject(recomputed) || Array.isArray(recorded) !== Array.isArray(recomputed)) return { field, recorded, recomputed };
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(recomputed)])].sort();
  for (const key of keys) {
    const found = firstLeaf(memberOf(recorded, key), memberOf(recomputed, key), `${field}/${escaped(key)}`);
    if (found !== undefined) return found;
  }
  return { field, recorded, recomputed };
};

const faceOf = (record: DecisionRecord | undefined): unknown =>
  record === undefined ? undefined : { type: record.type, recordedTimeUs: record.recordedTimeUs, body: record.body };

/** Compares what was recorded behind one input with what was recomputed; undefined when they agree. */
export const compareDecisions = (recorded: readonly DecisionRecord[], recomputed: readonly DecisionRecord[]): Difference | undefined => {
  for (let index = 0; index < Math.max(recorded.length, recomputed.length); index += 1) {
    const found = firstLeaf(faceOf(recorded[index]), faceOf(recomputed[index]), "");
    const position = recorded[index]?.position ?? recomputed[index]?.position;
    if (found !== undefined && position !== undefined) return { position, ...found };
  }
  return undefined;
};

export type VerifyStep = {
  readonly input: InputRecord;
  /** The decision records between this input and the next one, as they are in the log. */
  readonly decisions: readonly DecisionRecord[];
};

/**
 * Recomputes the decisions of one recorded input and compares. Undefined: they agree, and the state stands behind them. After a
 * difference the state holds what was recomputed, not what was recorded: report it and stop (recorded decisions are facts).
 */
export const verifyStep = (state: EngineState, { input, decisions }: VerifyStep, sha256: Sha256): Difference | undefined =>
  compareDecisions(decisions, advance(state, input, sha256));
