import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Admission } from "../admission/admission.ts";
import { restoreState, serializeState } from "../state/snapshot.ts";
import { stateHash } from "../state/state-hash.ts";
import { future, index, quote, Scenario, spot, startUs, type Body } from "../testing/scenario.ts";
import { bookView } from "../views/book-view.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

/** A book whose one hedge, a sale of six, is filled by fill-1. */
const filled = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(future(), spot);
  scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs));
  scenario.openBook();
  const [hedge] = scenario.trade("trade-1", "SPOT", "buy", "300", "3700");
  if (hedge === undefined) throw new Error("the trade is hedged");
  scenario.fill(`SPX-1-${String(hedge.position)}`, { fillId: "fill-1", side: "sell", quantity: "6", cumulativeQuantity: "6" });
  return scenario;
};
const snapshot = (quantity: string, change: Partial<Body<"position_snapshot">> = {}): Body<"position_snapshot"> => ({
  snapshotId: "paper-1/SPX/1",
  account: "paper-1",
  sequence: 2,
  lastFillId: "fill-1",
  positions: [{ instrument: "FUT", quantity }, { instrument: "OF-ANOTHER-LOG", quantity: "9" }],
  venueTimeUs: startUs,
  ...change,
});
const judged = (scenario: Scenario, body: Body<"position_snapshot">): string => {
  const admission: Admission = scenario.admit(startUs, "position_snapshot", body);
  return admission.kind === "record" ? admission.input.type : admission.kind;
};
const status = (scenario: Scenario): string => bookView(scenario.state, "scalper").status;

describe("reconciling with the venue (rule 25)", () => {
  test("an agreement says nothing", () => {
    expect(judged(filled(), snapshot("-6"))).toBe("ignored");
    const { lastFillId: _none, ...before } = snapshot("0");
    expect(judged(new Scenario(sha256), before)).toBe("ignored");
  });

  test("a mismatch is recorded with both quantities and holds the account's books, again after a release", () => {
    const scenario = filled();
    expect(scenario.admit(startUs, "position_snapshot", snapshot("-5"))).toMatchObject({ input: { body: { differences: [{ instrument: "FUT", venue: "-5", log: "-6" }] } } });
    scenario.send(startUs, "position_snapshot", snapshot("-5"));
    expect(status(scenario)).toBe("held");
    // The same again is known, another one is news, and so is the same one to a book that was released.
    expect(judged(scenario, snapshot("-5", { snapshotId: "later" }))).toBe("ignored");
    expect(judged(scenario, snapshot("-4"))).toBe("PositionMismatchRecorded");
    scenario.send(startUs, "release_book", { book: "scalper" });
    expect(judged(scenario, snapshot("-5"))).toBe("PositionMismatchRecorded");
  });

  test("an instrument that the venue does not name is flat there", () => {
    expect(judged(filled(), snapshot("-6", { positions: [] }))).toBe("PositionMismatchRecorded");
  });

  test("the first agreement behind a mismatch is recorded, and releases nothing", () => {
    const scenario = filled();
    scenario.send(startUs, "position_snapshot", snapshot("-5"));
    scenario.send(startUs, "position_snapshot", snapshot("-6"));
    expect(scenario.records.at(-1)?.type).toBe("PositionsReconciled");
    expect(status(scenario)).toBe("held");
    expect(judged(scenario, snapshot("-6"))).toBe("ignored");
  });

  test("nothing is compared while the log knows more or fewer fills than the snapshot", () => {
    const scenario = filled();
    expect(judged(scenario, snapshot("-7", { lastFillId: "fill-2" }))).toBe("ignored");
    scenario.fill("SPX-1-999", { fillId: "odd", side: "sell", quantity: "1", cumulativeQuantity: "1" });
    expect(judged(scenario, snapshot("-6"))).toBe("ignored");
    // An unexpected fill is in no book, but it is no news to the log.
    expect(judged(scenario, snapshot("-7", { lastFillId: "odd" }))).toBe("ignored");
    expect(judged(scenario, snapshot("-6", { lastFillId: "odd" }))).toBe("PositionMismatchRecorded");
  });

  test("the state restored from a snapshot judges alike, and has the same hash", () => {
    const scenario = filled();
    scenario.send(startUs, "position_snapshot", snapshot("-5"));
    const restored = restoreState(serializeState(scenario.state));
    expect(restored.venueAccounts).toEqual(scenario.state.venueAccounts);
    expect(restored.reconciliations).toEqual(scenario.state.reconciliations);
    expect(stateHash(restored, sha256)).toBe(stateHash(scenario.state, sha256));
  });
});
