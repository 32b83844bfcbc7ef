import type { DecisionRecord, InputRecord } from "@finality/contracts";
import type { Sha256 } from "../state/state-hash.ts";
import type { EngineState } from "../state/engine-state.ts";
import { recordOf, takeTurns } from "./decisions-due.ts";
import { evolve } from "./evolve.ts";

/**
 * Folds one input and everything that is decided because of it, each decision before the next turn (`takeTurns`). A decision causes no
 * further decisions. Returns the decision records in their order, right behind the input; the state stands behind the last of them.
 * Changes the state in place.
 */
export const advance = (state: EngineState, input: InputRecord, sha256: Sha256): readonly DecisionRecord[] => {
  evolve(state, input);
  const records: DecisionRecord[] = [];
  takeTurns(state, sha256, (_stage, _book, decisions) => {
    for (const decision of decisions) {
      const record = recordOf(state, state.facts.position + 1, decision);
      evolve(state, record);
      records.push(record);
    }
    return true;
  });
  return records;
};
