import { setImmediate as turn } from "node:timers/promises";
import type { StoredRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { advance, serializeState, stateHash } from "@finality/engine";
import { createLogWriter, logHashes, type LogWriter } from "@finality/event-log";
import { createFold, foldAt, foldTo, rowsOf, takeSnapshot } from "@finality/history";
import { noFaults, silentLogger } from "@finality/service-kit";
import { seededRandom, type SeededRandom } from "@finality/testkit";
import { contentHash, sha256 } from "@finality/transparency";
import { expect } from "vitest";
import { openLogSequencer, type LogSequencer } from "../log-sequencer.ts";
import { networkFaults } from "./faulty-network.ts";
import { makePlace, type Lane } from "./history-lane.ts";
import { rootOver, type LogModel, type ModelRecord } from "./log-model.ts";
import { randomTimeline, type TimelineItem } from "./random-timeline.ts";

/** How often what happened. */
export type Happened = Record<string, number>;

/** Lives the history of a seed and compares everything that can be seen of it with the model. What fails names seed and steps. */
export const liveHistory = async (lane: Lane, place: { readonly seed: number; readonly partition: number }, happened: Happened): Promise<void> => {
  const steps: string[] = [];
  const note = (kind: string, detail = ""): void => {
    steps.push(`${kind}${detail === "" ? "" : ` ${detail}`}`);
    happened[kind] = (happened[kind] ?? 0) + 1;
  };
  try {
    await new History(lane, place, note).live();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`History ${String(place.seed)}, alone by FINALITY_HISTORY=${String(place.seed)}: ${said}\nIts steps:\n  ${steps.join("\n  ")}`, { cause });
  }
};

/** One process that writes the log, or believes that it does. */
type Process = { readonly sequencer: LogSequencer; readonly clock: { nowUs: number }; readonly settled: () => Promise<void>; /** The next item that it is to be handed. */ cursor: number };

type SnapshotState = "good" | "spoilt" | "rejected";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const seen = ({ type, version, venueTimeUs, recordedTimeUs, payload }: Omit<ModelRecord, "source">): unknown => [type, version, venueTimeUs, recordedTimeUs, hex(payload)];

class History {
  readonly #lane: Lane;
  readonly #note: (kind: string, detail?: string) => void;
  readonly #random: SeededRandom;
  readonly #model: LogModel;
  readonly #items: readonly TimelineItem[];
  readonly #log: string;
  readonly #stale: Process[] = [];
  readonly #snapshots = new Map<number, SnapshotState>();
  #opened = 0;

  constructor(lane: Lane, { seed, partition }: { readonly seed: number; readonly partition: number }, note: (kind: string, detail?: string) => void) {
    this.#lane = lane;
    this.#note = note;
    this.#random = seededRandom(seed);
    this.#log = `${seed % 10 === 0 ? "P" : "H"}${String(seed)}`;
    ({ model: this.#model, items: this.#items } = randomTimeline(this.#random, { log: this.#log, partition }));
    note(`${this.#model.clock} log`, `of ${String(this.#items.length)} messages, ${String(this.#model.records.length)} records`);
  }

  async live(): Promise<void> {
    await makePlace(this.#lane, this.#log, this.#random);
    await this.#lane.bus.produce(this.#items.flatMap(({ source }) => source ?? []));
    let writer = await this.#open();
    while (writer.cursor < this.#items.length) {
      writer = await this.#step(writer);
      if (writer.sequencer.status().state === "stopped") {
        this.#stale.push(writer);
        writer = await this.#open();
      }
    }
    await this.#compare();
    for (const { sequencer } of [writer, ...this.#stale]) await sequencer.release();
  }

  /** Returns who writes from now on. */
  async #step(writer: Process): Promise<Process> {
    const kinds = ["deliver", "deliver", "deliver", "deliver", "fail", "restart", "take over", "race", "stale", "snapshot", "snapshot", "spoil", "forget", "rebuild", "read"] as const;
    switch (this.#random.pick(kinds)) {
      case "deliver":
        await this.#deliver(writer);
        return writer;
      case "fail":
        await this.#failing(writer, () => this.#deliver(writer));
        return writer;
      case "restart":
        this.#note("restart");
        await writer.sequencer.release();
        return this.#open();
      case "take over":
        this.#note("take over");
        this.#stale.push(writer);
        return this.#open();
      case "race": {
        this.#note("take over amid an append");
        this.#stale.push(writer);
        const [next] = await Promise.all([this.#open(), this.#deliver(writer)]);
        return next;
      }
      case "stale":
        await this.#pokeStale();
        return writer;
      case "snapshot":
        await this.#takeSnapshot(positionOf(writer));
        return writer;
      case "spoil":
        await this.#spoilSnapshot();
        return writer;
      case "forget":
        if (this.#random.integer(0, 2) === 0) await this.#forgetSnapshots();
        return writer;
      case "rebuild":
        await this.#rebuild(positionOf(writer));
        return writer;
      case "read":
        await this.#readPages();
        return writer;
    }
  }

  /** Takes the log over. It must stand behind a message, with everything of those before it and nothing of those behind. */
  async #open(): Promise<Process> {
    const { writers: database, bus, snapshots } = this.#lane;
    const pending = new Set<Promise<unknown>>();
    const noting = <T>(work: Promise<T>): Promise<T> => {
      pending.add(work);
      const done = (): void => void pending.delete(work);
      work.then(done, done);
      return work;
    };
    const own = createLogWriter({ database, notifier: { ...createNotifier(database), notify: () => undefined } }); // nobody follows
    const writer: LogWriter = { ...own, append: (append) => noting(own.append(append)), wasCommitted: (append) => noting(own.wasCommitted(append)) };
    const clock = { nowUs: this.#items[0]?.nowUs ?? 0 };
    const deps = { bus, reader: this.#lane.reader, writer, nowUs: () => clock.nowUs, build: "test", advance, faults: noFaults, logger: silentLogger, committed: () => Promise.resolve(), failed: () => undefined };
    const usesSnapshots = this.#random.integer(0, 3) > 0;
    const sequencer = await openLogSequencer(usesSnapshots ? { ...deps, snapshots } : deps, this.#log);
    this.#opened += 1;
    const { position = -1 } = sequencer.status();
    const index = this.#items.findLastIndex(({ behind }) => behind.position === position && JSON.stringify(sorted(behind.offsets)) === JSON.stringify(sorted(sequencer.startOffsets)));
    if (index < 0 && position !== 0) throw new Error(`the log was taken over at position ${String(position)} and ${JSON.stringify(sequencer.startOffsets)}, where no message ends`);
    this.#note("open", `at position ${String(position)}, behind ${String(index + 1)} messages`);
    if (usesSnapshots) await this.#expectSnapshotsUsed(position);
    const settled = async (): Promise<void> => {
      do {
        await Promise.allSettled(pending);
        await turn();
      } while (pending.size > 0);
    };
    return { sequencer, clock, settled, cursor: index + 1 };
  }

  /** Hands the next messages over, some of them again; in one batch or several, waiting for commits only at the end. */
  async #deliver(writer: Process): Promise<void> {
    for (let batches = this.#random.integer(1, 3); batches > 0; batches -= 1) {
      const from = Math.max(0, writer.cursor - this.#random.pick([0, 0, 0, 1, 4]));
      const to = Math.min(this.#items.length, writer.cursor + this.#random.integer(1, 6));
      this.#note("deliver", `${String(from + 1)} to ${String(to)}`);
      const batch = this.#items.slice(from, to);
      // Neighbouring ticks of a live log become one record; which, the model does not know.
      if (this.#model.clock === "data") await writer.sequencer.handle(batch.flatMap(({ source }) => source ?? []));
      else for (const item of batch) await deliverLive(writer, item);
      writer.cursor = to;
    }
    await writer.settled();
    const status = writer.sequencer.status();
    if (status.state === "stopped" && status.code !== "away" && status.code !== "fenced") throw new Error(`the log stopped: ${status.reason}`);
  }

  async #failing(writer: Process, work: () => Promise<void>): Promise<void> {
    const fault = this.#random.pick(networkFaults);
    const refused = this.#random.integer(0, 3) === 0;
    const isLost = fault === "request_lost" || fault === "request_torn";
    const before = isLost ? await this.#lane.reader.head(this.#log) : undefined;
    this.#lane.network.arm(fault, { refused });
    await work();
    if (!this.#lane.network.disarm()) return;
    this.#note(fault, refused ? "and read-back refused" : "");
    const { state } = writer.sequencer.status();
    // What certainly happened goes on; what certainly did not, and what nobody could ask about, is thrown away.
    if (refused || isLost) expect(state).toBe("stopped");
    else if (fault === "answer_lost" && !this.#stale.includes(writer)) expect(state).toBe("writing");
    if (isLost) expect(await this.#lane.reader.head(this.#log)).toEqual(before);
  }

  /** Whoever was deposed changes nothing, whatever the network does to its appends. */
  async #pokeStale(): Promise<void> {
    const alive = this.#stale.filter(({ sequencer, cursor }) => sequencer.status().state !== "stopped" && cursor < this.#items.length);
    if (alive.length === 0) return;
    const stale = this.#random.pick(alive);
    this.#note("a deposed writer goes on");
    const before = await this.#lane.reader.head(this.#log);
    if (this.#random.integer(0, 2) === 0) await this.#failing(stale, () => this.#deliver(stale));
    else await this.#deliver(stale);
    expect(await this.#lane.reader.head(this.#log)).toEqual(before);
  }

  async #takeSnapshot(head: number): Promise<void> {
    if (head === 0) return;
    const position = this.#random.integer(1, head);
    const { reader, snapshots } = this.#lane;
    const fold = createFold(this.#log);
    let last: StoredRecord | undefined;
    await foldTo({ source: reader }, fold, position, (stored) => { last = stored; });
    const isFree = [undefined, "rejected"].includes(this.#snapshots.get(position));
    this.#note("snapshot", `at ${String(position)}`);
    expect(await snapshots.put(await takeSnapshot(fold.state, { leafHash: last?.leafHash ?? new Uint8Array(), build: "test" }))).toBe(isFree);
    if (isFree) this.#snapshots.set(position, "good");
  }

  async #spoilSnapshot(): Promise<void> {
    const good = [...this.#snapshots].filter(([, state]) => state === "good").map(([position]) => position);
    if (good.length === 0) return;
    const position = this.#random.pick(good);
    const change = this.#random.pick(["bytes = substring(bytes FOR 20)", "bytes = set_byte(bytes, 12, get_byte(bytes, 12) # 1)", "state_hash = repeat('0', 64)", "leaf_hash = decode(repeat('00', 32), 'hex')", "generation = 2"]);
    this.#note("spoil", `the snapshot at ${String(position)}: ${change}`);
    await this.#lane.database.query(`UPDATE event_log.snapshot SET ${change} WHERE log = $1 AND position = $2`, [this.#log, position]);
    this.#snapshots.set(position, "spoilt");
  }

  async #forgetSnapshots(): Promise<void> {
    this.#note("forget all snapshots");
    expect(await this.#lane.snapshots.remove(this.#log)).toBe(this.#snapshots.size);
    this.#snapshots.clear();
  }

  /** A fold to a position was begun at the newest snapshot that holds; those behind it that do not are marked. */
  async #expectSnapshotsUsed(position: number): Promise<void> {
    if (this.#snapshots.size === 0) return;
    const tried = [...this.#snapshots].filter(([at, state]) => at <= position && state !== "rejected").toSorted(([one], [other]) => other - one).slice(0, 5);
    const good = tried.findIndex(([, state]) => state === "good");
    for (const [at] of good < 0 ? tried : tried.slice(0, good)) this.#snapshots.set(at, "rejected");
    const stored = (await this.#lane.snapshots.list(this.#log)).map(({ position: at, rejected }) => [at, rejected !== null]);
    expect(stored).toEqual([...this.#snapshots].toSorted(([one], [other]) => one - other).map(([at, state]) => [at, state === "rejected"]));
  }

  async #rebuild(head: number): Promise<void> {
    if (head === 0) return;
    const position = this.#random.integer(1, head);
    this.#note("rebuild", `to ${String(position)}`);
    const { state } = await foldAt({ source: this.#lane.reader, snapshots: this.#lane.snapshots }, this.#log, position);
    const expected = this.#model.stateAt(position);
    expect(Buffer.from(serializeState(state)).toString()).toBe(Buffer.from(serializeState(expected)).toString());
    expect(rowsOf(state)).toEqual(rowsOf(expected));
    await this.#expectSnapshotsUsed(position);
  }

  async #readPages(): Promise<void> {
    const limit = this.#random.integer(1, 40);
    this.#note("read", `by ${String(limit)}`);
    const records: StoredRecord[] = [];
    for (let page; page === undefined || page.length > 0; records.push(...page)) page = await this.#lane.reader.read(this.#log, records.length, limit);
    this.#expectRecords(records);
  }

  #expectRecords(records: readonly StoredRecord[]): void {
    expect(records.map(({ position, generation }) => [position, generation])).toEqual(records.map((_, index) => [index + 1, 1]));
    expect(records.map(seen)).toEqual(this.#model.records.slice(0, records.length).map(seen));
  }

  async #compare(): Promise<void> {
    const { database, reader } = this.#lane;
    const { records: expected, letters } = this.#model;
    const last = this.#model.moment();
    const records = await reader.read(this.#log, 0, 10_000);
    expect(records).toHaveLength(expected.length);
    this.#expectRecords(records);
    expect(records.map(({ leafHash }) => hex(leafHash))).toEqual(expected.map((record, index) => hex(sha256(Buffer.concat([Buffer.of(0), contentHash(record), sha256(records[index]?.provenance ?? Buffer.of())])))));
    const provenances = records.map(({ provenance }) => JSON.parse(Buffer.from(provenance).toString("utf8")) as { readonly epoch: number; readonly topic?: string; readonly firstOffset?: number; readonly lastOffset?: number });
    expect(provenances.map(({ topic, firstOffset, lastOffset }) => [topic, firstOffset, lastOffset])).toEqual(expected.map(({ source }) => [source?.topic, source?.offset, source?.offset]));
    const epochs = provenances.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((one, other) => one - other));

    const head = await reader.head(this.#log);
    expect({ ...head, root: hex(head?.root ?? new Uint8Array()) }).toEqual({ log: this.#log, generation: 1, epoch: this.#opened, position: expected.length, recordedUs: this.#model.state.facts.recordedTimeUs, root: hex(rootOver(records.map(({ leafHash }) => leafHash))), duplicates: last.duplicates });
    expect(await logHashes(database, this.#log)).toMatchObject({ logHash: this.#model.logHash(), decisionsHash: this.#model.decisionsHash() });
    const fold = createFold(this.#log);
    for (const record of records) fold.fold(record);
    expect(stateHash(fold.state, sha256)).toBe(this.#model.stateHash());
    expect(Buffer.from(serializeState(fold.state)).toString()).toBe(Buffer.from(serializeState(this.#model.state)).toString());

    const { rows: offsets } = await database.query<{ topic: string; next: number }>("SELECT topic, next_offset AS next FROM event_log.source_offset WHERE log = $1", [this.#log]);
    expect(Object.fromEntries(offsets.map(({ topic, next }) => [topic, next]))).toEqual(last.offsets);
    const { rows: refused } = await database.query('SELECT topic, "offset", reason FROM event_log.dead_letter WHERE log = $1', [this.#log]);
    expect(byPlace(refused)).toEqual(byPlace(letters));
  }
}

const deliverLive = async ({ sequencer, clock }: Process, { source, nowUs }: TimelineItem): Promise<void> => {
  clock.nowUs = nowUs;
  await (source === undefined ? sequencer.tickClock() : sequencer.handle([source]));
};

const positionOf = ({ sequencer }: Process): number => sequencer.status().position ?? 0;
const sorted = (offsets: Readonly<Record<string, number>>): unknown => Object.entries(offsets).toSorted(([one], [other]) => (one < other ? -1 : 1));
const byPlace = (letters: readonly object[]): readonly string[] => letters.map((letter) => JSON.stringify(Object.entries(letter).toSorted())).toSorted();
