import { encodeRecord, type Decision, type Input } from "@finality/contracts";
import type { Append, LogHold, PendingRecord } from "../event-log.ts";

export const startUs = 1_609_770_840_000_000;

const pending = (record: Input | Decision, recordedTimeUs: number, epoch: number): PendingRecord => ({
  content: { ...encodeRecord(record), venueTimeUs: recordedTimeUs - 1, recordedTimeUs },
  provenance: { epoch, build: "test" },
});

/** Records of an input and a decision in turn, `count` of them, a microsecond apart. */
export const sampleRecords = (count: number, { epoch = 1, fromUs = startUs }: { readonly epoch?: number; readonly fromUs?: number } = {}): readonly PendingRecord[] =>
  Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? pending({ type: "ClockTicked", body: {} }, fromUs + index, epoch)
      : pending({ type: "RefusalEnded", body: { book: `book-${String(index)}`, reason: "cooldown" } }, fromUs + index, epoch),
  );

/** An append behind a hold, with what `change` says. */
export const sampleAppend = (hold: LogHold, change: Partial<Append> = {}): Append => ({
  log: hold.log,
  epoch: hold.epoch,
  expectedPosition: hold.position,
  records: sampleRecords(2, { epoch: hold.epoch, fromUs: Math.max(startUs, hold.recordedUs) }),
  offsets: [],
  deadLetters: [],
  duplicates: 0,
  ...change,
});
