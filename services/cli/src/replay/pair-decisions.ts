import { compareNames } from "@finality/domain";
import { compareTurns, differingFields, turnOf, type DecisionFace, type FieldDifference } from "@finality/engine";

/** Two decisions of one turn, or one that the other side did not take. */
export type Pair<A, B> = { readonly a: A; readonly b: B } | { readonly a: A; readonly b?: undefined } | { readonly a?: undefined; readonly b: B };

/** Of a turn with several subjects, which one it is about. */
const subjectOf = ({ type, body }: DecisionFace): string => (type === "PositionSettled" || type === "InstrumentExpired" ? body.instrument : "");

const isSameTurn = (left: DecisionFace, right: DecisionFace): boolean => compareTurns(turnOf(left), turnOf(right)) === 0 && subjectOf(left) === subjectOf(right);

const inOrder = (left: DecisionFace, right: DecisionFace): number => compareTurns(turnOf(left), turnOf(right)) || compareNames(subjectOf(left), subjectOf(right));

const paired = <A extends DecisionFace, B extends DecisionFace>(as: readonly A[], bs: readonly B[], matches: (a: A, b: B) => boolean): { readonly pairs: readonly { readonly a: A; readonly b: B }[]; readonly restA: readonly A[]; readonly restB: readonly B[] } => {
  const restB = [...bs];
  const restA: A[] = [];
  const pairs: { readonly a: A; readonly b: B }[] = [];
  for (const a of as) {
    const at = restB.findIndex((b) => matches(a, b));
    const [b] = at < 0 ? [] : restB.splice(at, 1);
    if (b === undefined) restA.push(a);
    else pairs.push({ a, b });
  }
  return { pairs, restA, restB };
};

/**
 * What two sides decided behind one input, side by side: in each turn first decisions of one type, in order, then those of different types.
 * In order of turns.
 */
export const pairDecisions = <A extends DecisionFace, B extends DecisionFace>(as: readonly A[], bs: readonly B[]): readonly Pair<A, B>[] => {
  const alike = paired(as, bs, (a, b) => a.type === b.type && isSameTurn(a, b));
  const other = paired(alike.restA, alike.restB, isSameTurn);
  const pairs: Pair<A, B>[] = [...alike.pairs, ...other.pairs, ...other.restA.map((a) => ({ a })), ...other.restB.map((b) => ({ b }))];
  return pairs.sort((left, right) => inOrder(eitherOf(left), eitherOf(right)));
};

const eitherOf = (pair: Pair<DecisionFace, DecisionFace>): DecisionFace => (pair.a === undefined ? pair.b : pair.a);

/** What became of a decision on the two sides. */
export type Comparison =
  | { readonly kind: "same" }
  | { readonly kind: "different"; readonly fields: readonly FieldDifference[] }
  | { readonly kind: "only_a" }
  | { readonly kind: "only_b" }
  /** Hashes of states that two semantics mean differently: they say nothing about each other (rule 39). */
  | { readonly kind: "other_semantics" };

/** In the fields' differences `recorded` is a's value, `recomputed` is b's. */
export const comparePair = ({ a, b }: Pair<DecisionFace, DecisionFace>): Comparison => {
  if (a === undefined) return { kind: "only_b" };
  if (b === undefined) return { kind: "only_a" };
  if (a.type === "StateHashed" && b.type === "StateHashed" && a.body.semantics !== b.body.semantics) return { kind: "other_semantics" };
  const fields = differingFields(a, b);
  return fields.length === 0 ? { kind: "same" } : { kind: "different", fields };
};
