import type { Bus, BusMessage } from "@finality/bus";
import type { Input } from "@finality/contracts";
import { semantics } from "@finality/engine";
import { EventLogError, generationHaltId, type Append, type GenerationOrder, type LogHold, type LogReader, type LogWriter, type MessagePlace } from "@finality/event-log";
import { foldAt, type HistoryDeps } from "@finality/history";
import type { Faults, Logger } from "@finality/service-kit";
import { SequencerError } from "./errors.ts";
import { clockOf, foldBatch, foldInput, type Advance, type FoldedBatch, type Folding } from "./fold-batch.ts";
import { clockBehindUsMax, type LogStatus, type StopCode } from "./log-status.ts";
import { mends } from "./mends.ts";
import type { Attested, SequencerDeps } from "./sequencer-deps.ts";
import { skipsByPlace } from "./skipping.ts";
import { offsetsOf, requireNoGap, requireSameTopics } from "./source-offsets.ts";
import { isOverfull, sortBeforeOpening } from "./waiting-room.ts";

export type LogSequencerDeps = {
  readonly bus: Bus;
  readonly reader: LogReader;
  readonly writer: LogWriter;
  readonly snapshots?: SequencerDeps["snapshots"];
  readonly attested?: SequencerDeps["attested"];
  readonly nowUs: () => number;
  readonly build: string;
  readonly advance: Advance;
  readonly faults: Faults;
  readonly logger: Logger;
  /** Called after a commit with what may be acknowledged to the bus. */
  readonly committed: (position: { readonly topic: string; readonly partition: number; readonly nextOffset: number }) => Promise<void>;
  /** Called once when an append may not have happened because the database is away: every log must be taken over again. */
  readonly failed: (error: unknown) => void;
};

export interface LogSequencer {
  readonly log: string;
  /** Where each topic is to be read from. */
  readonly startOffsets: Readonly<Record<string, number>>;
  /** Folds a batch, waits for the commit of the one before, starts its own. A log that cannot go on stops by itself and rejects nothing. */
  handle(messages: readonly BusMessage[]): Promise<void>;
  /** Records a `ClockTicked` in a live log that had no record for a second. */
  tickClock(): Promise<void>;
  /** Waits for the batch and the commit in work; nothing is begun any more. */
  release(): Promise<void>;
  status(): LogStatus;
}

const clockStepUs = 1_000_000;

/** Takes the log over (the epoch rises: an older writer can no longer append), rebuilds its state, and goes on behind the last record. */
export const openLogSequencer = async (deps: LogSequencerDeps, log: string): Promise<LogSequencer> => {
  const hold = await deps.writer.takeOver(log);
  const busIdentity = await requireSameTopics(deps.bus, hold);
  requireNotSetBack(hold, await deps.attested?.(log));
  const { state } = await foldAt(pastOf(deps), log, hold.position);
  const sequencer = new WritingSequencer({ ...deps, busIdentity }, hold, { log, epoch: hold.epoch, build: deps.build, advance: deps.advance, state, skips: skipsByPlace(hold.skips) });
  await sequencer.start();
  return sequencer;
};

const pastOf = ({ reader, snapshots, logger }: LogSequencerDeps): HistoryDeps => ({
  source: reader,
  ...(snapshots === undefined ? {} : { snapshots }),
  onRejected: ({ log, position }, reason) => { logger.error({ log, position }, `the snapshot of log ${log} at position ${String(position)} does not match the log and is not used: ${reason}`); },
});

/** A database that holds less than was attested outside it was set back: ids would be given out twice. A new generation is the way on (rule 9). */
const requireNotSetBack = ({ log, generation, position, ordered }: LogHold, attested: Attested | undefined): void => {
  const next = ordered?.generation ?? generation;
  if (attested === undefined || next > attested.generation || (next === attested.generation && position >= attested.size)) return;
  throw new SequencerError("older_than_attested", `Log ${log} is at position ${String(position)} of generation ${String(generation)}, but a checkpoint of ${String(attested.size)} records of generation ${String(attested.generation)} was signed: an older database was put in its place. Read docs/operations.md, "Restore", then \`finality log raise-generation\`.`);
};

/** For a log that cannot be written: it takes its messages and keeps nothing of them, so that the other logs go on. */
export const stoppedSequencer = (log: string, reason: string): LogSequencer => ({
  log,
  startOffsets: {},
  handle: () => Promise.resolve(),
  tickClock: () => Promise.resolve(),
  release: () => Promise.resolve(),
  status: () => ({ state: "stopped", reason, position: undefined, clockBehindUs: 0, deadLetters: 0, skips: 0 }),
});

type Stopped = { readonly reason: string; readonly code?: StopCode; readonly at?: MessagePlace };

/** Records made by the writer itself, out of no message. */
const noSource = { deadLetters: [], duplicates: 0, consumed: [] } as const;

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The bus as it was at the takeover: its identity goes with the offsets. */
type WritingSequencerDeps = LogSequencerDeps & { readonly busIdentity: string };

class WritingSequencer implements LogSequencer {
  readonly log: string;
  readonly startOffsets: Readonly<Record<string, number>>;
  readonly #deps: WritingSequencerDeps;
  readonly #hold: LogHold;
  readonly #folding: Folding;
  /** The next offset of each topic that was not handed in yet. */
  readonly #next: Map<string, number>;
  /** What the head will hold once every append that was begun is committed. */
  #stored: ReadonlyMap<string, number>;
  #storedPosition: number;
  #inFlight: Promise<void> = Promise.resolve();
  #work: Promise<void> = Promise.resolve();
  #waiting: readonly BusMessage[] = [];
  #stopped: Stopped | undefined;
  #released = false;
  #ticking = false;
  #clockBehindUs = 0;
  readonly #counts = { deadLetters: 0, skips: 0 };

  constructor(deps: WritingSequencerDeps, hold: LogHold, folding: Folding) {
    this.log = hold.log;
    this.#deps = deps;
    this.#hold = hold;
    this.#folding = folding;
    this.#next = new Map(hold.offsets.map(({ topic, nextOffset }) => [topic, nextOffset]));
    this.#stored = new Map(this.#next);
    this.#storedPosition = hold.position;
    this.startOffsets = Object.fromEntries(this.#next);
  }

  /** The semantics of what follows are said in the log, when they are not those of what is there (rule 2). */
  async start(): Promise<void> {
    const { semantics: recorded, recordedTimeUs } = this.#folding.state.facts;
    if (this.#hold.ordered !== undefined && this.#hold.position > 0) await this.#raiseGeneration(this.#hold.ordered, recordedTimeUs);
    if (this.#hold.position > 0 && recorded !== semantics) await this.#record({ type: "WriterStarted", body: { semantics } }, recordedTimeUs);
  }

  handle(messages: readonly BusMessage[]): Promise<void> {
    return this.#serially(() => this.#take(messages));
  }

  async tickClock(): Promise<void> {
    if (this.#ticking) return;
    this.#ticking = true;
    await this.#serially(async () => {
      const nowUs = this.#deps.nowUs();
      this.#watchClock(nowUs);
      if (clockOf(this.#folding) !== "live" || nowUs - this.#folding.state.facts.recordedTimeUs < clockStepUs) return;
      await this.#record({ type: "ClockTicked", body: {} }, nowUs);
    });
    this.#ticking = false;
  }

  async release(): Promise<void> {
    this.#released = true;
    await this.#work;
    await this.#inFlight;
  }

  status(): LogStatus {
    const counts = { ...this.#counts, position: this.#folding.state.facts.position, clockBehindUs: this.#clockBehindUs };
    if (this.#stopped !== undefined) return { ...counts, state: "stopped", ...this.#stopped };
    return clockOf(this.#folding) === undefined ? { ...counts, state: "waiting", messages: this.#waiting.length } : { ...counts, state: "writing" };
  }

  /** One piece of work after the other; what goes wrong in one stops this log and no other (rules 4 and 10). */
  #serially(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#stopped !== undefined || this.#released) return;
      try {
        await work();
      } catch (error) {
        this.#stop({ reason: describe(error) }, error);
      }
    });
    return this.#work;
  }

  #stop(stopped: Stopped, error: unknown): void {
    this.#stopped = stopped;
    this.#deps.logger.error({ log: this.log, err: error }, `log ${this.log} stopped: ${stopped.reason}`);
  }

  async #take(messages: readonly BusMessage[]): Promise<void> {
    const fresh = messages.filter(({ topic, offset }) => offset >= (this.#next.get(topic) ?? 0));
    requireNoGap(this.log, fresh, this.#next);
    for (const { topic, offset } of fresh) this.#next.set(topic, offset + 1);
    if (fresh.length === 0) return;
    if (clockOf(this.#folding) !== undefined) {
      await this.#foldAndAppend(fresh);
      return;
    }
    const { now, later } = sortBeforeOpening(this.log, [...this.#waiting, ...fresh], this.#folding.skips);
    if (this.#waiting.length === 0 && later.length > 0) this.#deps.logger.warn({ log: this.log }, `log ${this.log} is not open: its messages wait for an open_log on the control topic`);
    this.#waiting = later;
    if (isOverfull(later)) throw new SequencerError("waiting_room_full", `Log ${this.log} is not open and ${String(later.length)} messages wait for it: send open_log on the control topic, then start again.`);
    if (now.length > 0) await this.#foldAndAppend(now);
  }

  async #foldAndAppend(messages: readonly BusMessage[]): Promise<void> {
    const nowUs = this.#deps.nowUs();
    this.#watchClock(nowUs);
    const folded = foldBatch(this.#folding, messages, nowUs);
    await this.#append(folded);
    if (folded.unapplicable === undefined) return;
    await this.#inFlight;
    if (this.#stopped === undefined) await this.#stopAt(folded.unapplicable);
  }

  /** Named in the log lines and in the database, so that it can be put right or skipped (rule 10). */
  async #stopAt({ source: { topic, partition, offset }, error: cause }: Required<FoldedBatch>["unapplicable"]): Promise<void> {
    const at = { topic, partition, offset };
    const error = new SequencerError("message_unapplicable", `The message ${topic}/${String(partition)}/${String(offset)} could not be applied: ${describe(cause)}`, { cause });
    // First where a skip is ordered: whoever sees that the log stopped may skip the message at once.
    try {
      await this.#deps.writer.noteStop({ log: this.log, epoch: this.#hold.epoch, ...at, error: describe(cause) });
    } finally {
      this.#stop({ reason: error.message, code: "message_unapplicable", at }, error);
    }
  }

  async #record(input: Input, timeUs: number): Promise<void> {
    const { epoch, build } = this.#folding;
    const records = foldInput(this.#folding, input, { venueTimeUs: timeUs, recordedTimeUs: timeUs }, { epoch, build });
    await this.#append({ ...noSource, records });
  }

  /**
   * The first record of the new generation carries it already. Behind it trading is halted, before anything can be decided: the log does not
   * know what the venue did for the records that it lost. A person resumes it.
   */
  async #raiseGeneration({ generation, reason, actor }: GenerationOrder, timeUs: number): Promise<void> {
    const { epoch, build, log, state } = this.#folding;
    const inputs: readonly Input[] = [{ type: "GenerationRaised", body: { generation, reason } }, { type: "Halted", body: { haltId: generationHaltId(log, generation) } }];
    const records = inputs.flatMap((input) => foldInput(this.#folding, input, { venueTimeUs: timeUs, recordedTimeUs: timeUs }, { epoch, build, actor }));
    this.#deps.logger.warn({ log, generation, position: state.facts.position }, `log ${log} goes on as generation ${String(generation)}: ${reason}`);
    await this.#append({ ...noSource, records, generation });
  }

  /** Waits for the commit before, then begins this one: the next batch is folded meanwhile. */
  async #append({ records, deadLetters, duplicates, consumed, generation }: Omit<FoldedBatch, "unapplicable"> & { readonly generation?: number }): Promise<void> {
    const offsets = offsetsOf(consumed, this.#stored);
    if (records.length === 0 && offsets.length === 0) return;
    const append: Append = { log: this.log, epoch: this.#hold.epoch, expectedPosition: this.#storedPosition, records, offsets, busIdentity: this.#deps.busIdentity, deadLetters, duplicates, ...(generation === undefined ? {} : { generation }) };
    this.#storedPosition += records.length;
    this.#stored = new Map([...this.#stored, ...offsets.map(({ topic, next }) => [topic, next] as const)]);
    await this.#inFlight;
    if (this.#stopped === undefined) this.#inFlight = this.#commit(append);
  }

  /** Never rejects. */
  async #commit(append: Append): Promise<void> {
    const { logger, writer, faults, failed } = this.#deps;
    try {
      await appendOrReadBack(writer, append);
    } catch (error) {
      // Another writer holds the log now: let go of it and leave the others alone (rule 2).
      const reason = describe(error);
      if (error instanceof EventLogError && error.code === "fenced") {
        this.#stopped = { reason, code: "fenced" };
        logger.warn({ log: this.log, err: error }, `log ${this.log} was taken over by another writer`);
      } else if (mends(error)) {
        this.#stopped = { reason, code: "away" };
        failed(error);
      } else this.#stop({ reason }, error);
      return;
    }
    this.#counts.deadLetters += append.deadLetters.length;
    this.#counts.skips += append.deadLetters.filter(({ reason }) => reason === "skipped").length;
    faults.passing("append-acknowledge");
    void this.#acknowledge(append.offsets);
  }

  /** Nobody waits for it: acknowledged offsets only show the lag, where to go on stands in the log (rule 4). */
  async #acknowledge(offsets: Append["offsets"]): Promise<void> {
    try {
      await Promise.all(offsets.map(({ topic, partition, next: nextOffset }) => this.#deps.committed({ topic, partition, nextOffset })));
    } catch (error) {
      this.#deps.logger.warn({ log: this.log, err: error }, `log ${this.log}: what is recorded could not be acknowledged to the bus`);
    }
  }

  #watchClock(nowUs: number): void {
    const behindUs = this.#folding.state.facts.recordedTimeUs - nowUs;
    if (clockOf(this.#folding) !== "live") return;
    if (behindUs > clockBehindUsMax && this.#clockBehindUs <= clockBehindUsMax) this.#deps.logger.warn({ log: this.log, behindUs }, `the clock is ${String(behindUs)} us behind the recorded time of log ${this.log}`);
    this.#clockBehindUs = Math.max(behindUs, 0);
  }
}

/** A commit whose outcome is unknown is never sent again: the head row says whether it happened (rule 3). */
const appendOrReadBack = async (writer: LogWriter, append: Append): Promise<void> => {
  try {
    await writer.append(append);
  } catch (error) {
    if (!(error instanceof EventLogError) || error.code !== "commit_unknown") throw error;
    if (!(await writer.wasCommitted(append))) throw error;
  }
};
