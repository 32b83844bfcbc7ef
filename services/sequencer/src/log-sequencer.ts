import { createHash } from "node:crypto";
import type { BusMessage } from "@finality/bus";
import { decodeRecord } from "@finality/contracts";
import { evolve, initialState, semantics } from "@finality/engine";
import { EventLogError, type Append, type LogHold, type LogReader, type LogWriter, type PendingRecord } from "@finality/event-log";
import type { Faults, Logger } from "@finality/service-kit";
import { SequencerError } from "./errors.ts";
import { clockOf, foldBatch, foldInput, type FoldedBatch, type Folding } from "./fold-batch.ts";

export type LogSequencerDeps = {
  readonly reader: LogReader;
  readonly writer: LogWriter;
  readonly nowUs: () => number;
  readonly build: string;
  readonly faults: Faults;
  readonly logger: Logger;
  /** Called after a commit with what may be acknowledged to the bus. */
  readonly committed: (position: { readonly topic: string; readonly partition: number; readonly nextOffset: number }) => Promise<void>;
  /** Called once when the log can no longer be written by this instance: everything behind the last commit is forgotten. */
  readonly failed: (error: unknown) => void;
};

export type LogSequencer = {
  readonly log: string;
  /** Where each topic is to be read from. */
  readonly startOffsets: Readonly<Record<string, number>>;
  /** Folds a batch, waits for the commit before the last one, starts its own. */
  handle(messages: readonly BusMessage[]): Promise<void>;
  /** Records a `ClockTicked` in a live log that had no record for a second. */
  tickClock(): Promise<void>;
  /** Waits for the commit in flight. */
  settled(): Promise<void>;
  status(): { readonly state: "writing" } | { readonly state: "stopped"; readonly reason: string };
};

/** Messages kept in memory for a log that is not open yet; past this the log stops with an error. */
const waitingRoomMax = 10_000;
const readChunk = 2_000;
const clockStepUs = 1_000_000;

/** Takes the log over (the epoch rises: an older writer can no longer append), rebuilds its state, and goes on behind the last record. */
export const openLogSequencer = async (deps: LogSequencerDeps, log: string): Promise<LogSequencer> => {
  const hold = await deps.writer.takeOver(log);
  const folding = await rebuild(deps, hold);
  const next = new Map(hold.offsets.map(({ topic, nextOffset }) => [topic, nextOffset]));
  let stored = new Map(next);
  let storedPosition = hold.position;
  let inFlight: Promise<void> = Promise.resolve();
  let queue: Promise<unknown> = Promise.resolve();
  let waiting: readonly BusMessage[] = [];
  let stopped: string | undefined;

  const serially = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const run = queue.then(work);
    queue = run.catch(() => undefined);
    return run;
  };

  const commit = async (append: Append): Promise<void> => {
    try {
      await appendOrReadBack(deps.writer, append);
    } catch (error) {
      stopped = error instanceof Error ? error.message : String(error);
      // Another writer holds the log now: let go of it and leave the others alone (rule 2).
      if (error instanceof EventLogError && error.code === "fenced") deps.logger.warn({ log, err: error }, `log ${log} was taken over by another writer`);
      else deps.failed(error);
      return;
    }
    deps.faults.passing("append-acknowledge");
    for (const { topic, partition, next: nextOffset } of append.offsets) await deps.committed({ topic, partition, nextOffset });
  };

  const startAppend = async (records: readonly PendingRecord[], batch: Pick<FoldedBatch, "deadLetters" | "duplicates" | "consumed">): Promise<void> => {
    const offsets = offsetsOf(batch.consumed, stored);
    if (records.length === 0 && offsets.length === 0) return;
    const append: Append = { log, epoch: hold.epoch, expectedPosition: storedPosition, records, offsets, deadLetters: batch.deadLetters, duplicates: batch.duplicates };
    storedPosition += records.length;
    stored = new Map([...stored, ...offsets.map(({ topic, next: offset }) => [topic, offset] as const)]);
    await inFlight;
    if (stopped === undefined) inFlight = commit(append);
  };

  const foldAndAppend = async (messages: readonly BusMessage[]): Promise<void> => {
    const folded = foldBatch(folding, messages, deps.nowUs());
    waiting = [...waiting, ...folded.waiting];
    if (waiting.length > waitingRoomMax) throw new SequencerError("waiting_room_full", `Log ${log} is not open and ${String(waiting.length)} messages wait for it: send open_log on the control topic.`);
    await startAppend(folded.records, folded);
    if (folded.unapplicable !== undefined) {
      await inFlight;
      const { source, error } = folded.unapplicable;
      stopped = `the message ${source.topic}/${String(source.partition)}/${String(source.offset)} could not be applied: ${error instanceof Error ? error.message : String(error)}`;
      deps.logger.error({ log, err: error, topic: source.topic, offset: source.offset }, `log ${log} stopped: ${stopped}`);
    }
  };

  const handle = async (messages: readonly BusMessage[]): Promise<void> => {
    if (stopped !== undefined) return;
    const fresh = messages.filter((message) => message.offset >= (next.get(message.topic) ?? 0));
    checkNoGap(log, fresh, next);
    for (const { topic, offset } of fresh) next.set(topic, offset + 1);
    if (fresh.length === 0) return;
    await foldAndAppend(fresh);
    if (waiting.length > 0 && clockOf(folding) !== undefined) {
      const retried = waiting;
      waiting = [];
      await foldAndAppend(retried);
    }
  };

  const tickClock = async (): Promise<void> => {
    const nowUs = deps.nowUs();
    if (stopped !== undefined || clockOf(folding) !== "live" || nowUs - folding.state.facts.recordedTimeUs < clockStepUs) return;
    const time = { venueTimeUs: nowUs, recordedTimeUs: nowUs };
    const records = foldInput(folding, { type: "ClockTicked", body: {} }, time, { epoch: hold.epoch, build: deps.build });
    await startAppend(records, { deadLetters: [], duplicates: 0, consumed: [] });
  };

  if (hold.position > 0 && folding.state.facts.semantics !== semantics) {
    const { recordedTimeUs } = folding.state.facts;
    const time = { venueTimeUs: recordedTimeUs, recordedTimeUs };
    const own = { epoch: hold.epoch, build: deps.build };
    await startAppend(foldInput(folding, { type: "WriterStarted", body: { semantics } }, time, own), { deadLetters: [], duplicates: 0, consumed: [] });
  }

  return {
    log,
    startOffsets: Object.fromEntries(next),
    handle: (messages) => serially(() => handle(messages)),
    tickClock: () => serially(tickClock),
    settled: async () => {
      await queue;
      await inFlight;
    },
    status: () => (stopped === undefined ? { state: "writing" } : { state: "stopped", reason: stopped }),
  };
};

const rebuild = async ({ reader, build }: LogSequencerDeps, hold: LogHold): Promise<Folding> => {
  const state = initialState(hold.log);
  for (let position = 0; position < hold.position; ) {
    const records = await reader.read(hold.log, position, readChunk);
    for (const record of records) evolve(state, decodeRecord(record));
    position = records.at(-1)?.position ?? hold.position;
  }
  return { log: hold.log, epoch: hold.epoch, build, state };
};

/** A commit whose outcome is unknown is never sent again: the head row says whether it happened (rule 3). */
const appendOrReadBack = async (writer: LogWriter, append: Append): Promise<void> => {
  try {
    await writer.append(append);
  } catch (error) {
    if (!(error instanceof EventLogError) || error.code !== "commit_unknown") throw error;
    if (!(await writer.wasCommitted(append))) throw error;
  }
};

const offsetsOf = (consumed: readonly BusMessage[], stored: ReadonlyMap<string, number>): Append["offsets"] => {
  const last = new Map<string, BusMessage>();
  for (const message of consumed) last.set(message.topic, message);
  return [...last.values()].map((message) => ({
    topic: message.topic,
    partition: message.partition,
    expected: stored.get(message.topic) ?? 0,
    next: message.offset + 1,
    lastHash: createHash("sha256").update(message.value).digest(),
  }));
};

const checkNoGap = (log: string, fresh: readonly BusMessage[], next: ReadonlyMap<string, number>): void => {
  const expected = new Map(next);
  for (const { topic, partition, offset } of fresh) {
    const due = expected.get(topic) ?? 0;
    if (offset !== due) throw new SequencerError("offset_gap", `Log ${log}: ${topic}/${String(partition)} went from offset ${String(due)} to ${String(offset)}; messages are missing.`);
    expected.set(topic, offset + 1);
  }
};
