import type { PositionSnapshot } from "@finality/contracts";
import { decimal, formatDecimal, zero } from "@finality/domain";
import { record, type Admission } from "../admission/admission.ts";
import { sameContent } from "../state/content.ts";
import { touch, type EngineState } from "../state/engine-state.ts";
import { reconciliationSection, type Differences, type Reconciliation } from "./reconciliation.ts";

export const noteReconciliation = (state: EngineState, reconciliation: Reconciliation): void => {
  state.reconciliations.set(reconciliation.account, reconciliation);
  touch(state, reconciliationSection(reconciliation.account));
};

/**
 * Compares the venue's positions with the fills of the log, instrument by instrument of this log that has not expired (rule 25). Only
 * when the log's last fill is the snapshot's too: else one of them knows fills that the other does not. Recorded is what is new: another
 * mismatch, the same one while a book of the account is not held, and the first agreement behind a mismatch.
 */
export const admitSnapshot = (state: EngineState, snapshot: PositionSnapshot): Admission => {
  const { snapshotId, account, lastFillId, venueTimeUs } = snapshot;
  if (state.venueAccounts.get(account)?.lastFillId !== lastFillId) return { kind: "ignored" };
  const differences = differencesOf(state, snapshot);
  const known = state.reconciliations.get(account)?.differences ?? [];
  const named = { snapshotId, account, ...(lastFillId === undefined ? {} : { lastFillId }) };
  if (differences.length === 0) {
    return known.length === 0 ? { kind: "ignored" } : record({ type: "PositionsReconciled", body: named }, venueTimeUs);
  }
  const areHeld = state.books.values().every(({ facts }) => facts.account !== account || facts.held !== null);
  if (areHeld && sameContent(differences, known)) return { kind: "ignored" };
  return record({ type: "PositionMismatchRecorded", body: { ...named, differences } }, venueTimeUs);
};

const differencesOf = (state: EngineState, { account, positions }: PositionSnapshot): Differences => {
  const recorded = state.venueAccounts.get(account)?.quantities;
  const venue = new Map(positions.map(({ instrument, quantity }) => [instrument, decimal(quantity)]));
  return state.instruments.entries().flatMap(([instrument, { market }]) => {
    const [there, here] = [venue.get(instrument) ?? zero, recorded?.get(instrument) ?? zero];
    return market.expired || there.eq(here) ? [] : [{ instrument, venue: formatDecimal(there), log: formatDecimal(here) }];
  });
};
