import type { DecisionRecord } from "@finality/contracts";
import type { Sha256 } from "../state/state-hash.ts";
import type { EngineState } from "../state/engine-state.ts";
import { compareTurns, recordOf, takeTurns, turnOf, type Taker } from "./decisions-due.ts";
import { evolve } from "./evolve.ts";
import type { RecordedStep } from "./verify.ts";

/**
 * What this engine decides behind one recorded input, on the recorded state: at each turn its own decisions are taken down and the
 * recorded ones of that turn are folded in their place, so that the next turn and every later input see what happened, not what would
 * have. The state stands behind the last recorded decision. Positions of the returned records count on from the input; they are not
 * in the log. A book that was suspended in settling, where this engine settles it, is folded at its turn to hedge: the record does
 * not say which turn it was.
 */
export const judge = (state: EngineState, { input, decisions }: RecordedStep, sha256: Sha256): readonly DecisionRecord[] => {
  evolve(state, input);
  const own: DecisionRecord[] = [];
  let folded = 0;
  const foldWhile = (isDue: (recorded: DecisionRecord) => boolean): void => {
    for (let next = decisions[folded]; next !== undefined && isDue(next); next = decisions[folded]) {
      evolve(state, next);
      folded += 1;
    }
  };
  const take: Taker = (stage, book, decided) => {
    if (decided.length === 0 && folded === decisions.length) return true;
    for (const decision of decided) own.push(recordOf(state, input.position + 1 + own.length, decision));
    const suspends = decided.some(({ type }) => type === "BookSuspended");
    foldWhile((recorded) => compareTurns(turnOf(recorded), { stage, book }) <= 0 || (suspends && recorded.type === "BookSuspended" && recorded.body.book === book));
    return true;
  };
  takeTurns(state, sha256, take);
  foldWhile(() => true);
  return own;
};
