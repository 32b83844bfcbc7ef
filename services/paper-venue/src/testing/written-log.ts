import { columnsOf, encodeRecord, type Input, type Instrument, type Tick } from "@finality/contracts";
import type { Database, Notifier } from "@finality/database";
import { createLogWriter } from "@finality/event-log";

// A log written by hand, for this service's tests.

export const ms = 1_000;
export const log = "SPX";

export const opened: Input = {
  type: "LogOpened",
  body: { clock: "data", startsAtUs: 0, maxFutureMs: 1_000, lateAfterMs: 1_000, farShare: 0.1, stateHashEvery: 256, semantics: 1 },
};
const future: Instrument = { kind: "future", instrument: "FUT", underlying: "SPX", currency: "USD", settlement: "linear", multiplier: "5", tickSize: "0.01", lotSize: "1", expiryUs: 10 ** 15 };
export const listed: Input = { type: "InstrumentListed", body: { instrument: future } };
export const clock: Input = { type: "ClockTicked", body: {} };
export const quote = (bid: string, ask: string, size = "100"): Input => {
  const tick: Tick = { kind: "quote", instrument: "FUT", venueTimeUs: 0, bid, bidSize: size, ask, askSize: size };
  return { type: "TicksRecorded", body: columnsOf([tick], [0]) };
};

/** Appends behind what the log has; the head's position. */
export const append = async (database: Database, notifier: Notifier, recordedTimeUs: number, ...bodies: readonly Input[]): Promise<number> => {
  const writer = createLogWriter({ database, notifier });
  const { epoch, position } = await writer.takeOver(log);
  const records = bodies.map((body) => ({ content: { ...encodeRecord(body), venueTimeUs: recordedTimeUs, recordedTimeUs }, provenance: { epoch, build: "test" } }));
  return (await writer.append({ log, epoch, expectedPosition: position, records, offsets: [], deadLetters: [], duplicates: 0 })).position;
};
