import { encodeRecord, type Decision, type HedgeDecided, type Input } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { createLogWriter } from "@finality/event-log";

// A log written by hand, for this service's tests.

const startUs = 1_609_770_600_000_000;
export const opened: Input = {
  type: "LogOpened",
  body: { clock: "data", startsAtUs: startUs, maxFutureMs: 1_000, lateAfterMs: 1_000, farShare: 0.1, stateHashEvery: 256, semantics: 1 },
};

const decision: HedgeDecided = {
  book: "scalper", account: "paper-scalper", instrument: "FUT", side: "sell", quantity: "3", orderType: "market", reason: "threshold_breach_up",
  netDelta: { low: 60, high: 60 }, band: { lower: -50, upper: 50, target: 0 }, gamma: 1, spot: 3700, model: "black76", vols: [], expectedPrice: "3700", expectedCost: 1,
  limits: { maxOrderQuantity: "10", maxHedgePosition: "10" }, policy: { type: "none" }, validUntilUs: startUs + 5_000_000,
};
export const hedge = (account: string): Decision => ({ type: "HedgeDecided", body: { ...decision, account } });

/** Appends records at `startUs` behind whatever the log has; each call is one append by a new writer. */
export const append = async (database: Database, log: string, bodies: readonly (Input | Decision)[]): Promise<number> => {
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  const { epoch, position } = await writer.takeOver(log);
  const records = bodies.map((body) => ({ content: { ...encodeRecord(body), venueTimeUs: startUs, recordedTimeUs: startUs }, provenance: { epoch, build: "test" } }));
  return (await writer.append({ log, epoch, expectedPosition: position, records, offsets: [], deadLetters: [], duplicates: 0 })).position;
};
