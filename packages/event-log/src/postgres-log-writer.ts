import { DatabaseError, openDatabase, type Database, type Notifier, type Queryable } from "@finality/database";
import { appendValues, deadLetterValues, hashRecords, type HashedRecords } from "./append-rows.ts";
import { appendStatement, countMismatchState, type AppendRow } from "./append-statement.ts";
import { logChannelOf } from "./channel.ts";
import { EventLogError } from "./errors.ts";
import type { Append, LogHold, LogWriter } from "./event-log.ts";
import { orderedGeneration } from "./generations.ts";
import { invariant } from "./invariant.ts";
import { appendLeaves, emptyFrontier, frontierBytes, frontierOf, rootOf, type Frontier } from "@finality/transparency";
import { noteStop, pendingSkips } from "./skips.ts";
import { sourceOffsets } from "./source-offsets.ts";
import { ensurePartitions, lockHead, openHead, raiseEpoch } from "./statements.ts";

export type LogWriterDeps = {
  readonly database: Database;
  /** Wakes followers after the commit, on another connection (rule 8). */
  readonly notifier: Notifier;
};

type HeadRow = {
  readonly generation: number;
  readonly epoch: number;
  readonly position: number;
  readonly recorded_us: number;
  readonly frontier: Buffer;
  readonly root: Buffer;
};

/** The writer's side of the event store. `append` is called for one batch after the other; the next is computed meanwhile. */
export const createLogWriter = ({ database, notifier }: LogWriterDeps): LogWriter => {
  /** The tree behind each log's last append of this writer; a hint that is compared with the stored one under the lock. */
  const frontiers = new Map<string, Frontier>();
  /** Each log's last position that has a partition, as far as this writer knows. */
  const places = new Map<string, number>();

  const makePlace = async ({ log, expectedPosition, records }: Append): Promise<void> => {
    const upTo = expectedPosition + records.length;
    if ((places.get(log) ?? 0) < upTo) places.set(log, await partitionsUpTo(database, log, upTo));
  };

  const append = async (batch: Append): Promise<{ readonly position: number; readonly recordedUs: number }> => {
    checkOffsets(batch);
    const hashed = hashRecords(batch.records);
    const known = frontiers.get(batch.log);
    frontiers.delete(batch.log);
    const before = known?.size === batch.expectedPosition ? known : await treeBehind(database, batch);
    const after = appendLeaves(before, hashed.leafHashes);
    await makePlace(batch);
    const recordedUs = await appended(database, batch, { hashed, before, after });
    frontiers.set(batch.log, after);
    if (hashed.count > 0) notifier.notify(logChannelOf(batch.log));
    return { position: after.size, recordedUs };
  };

  return {
    append,
    takeOver: async (log) => {
      const { hold, frontier, lastPlace } = await takeOver(database, log);
      frontiers.set(log, frontier);
      places.set(log, lastPlace);
      return hold;
    },
    wasCommitted: (batch) => readBack(database.url, batch),
    noteStop: (stop) => noteStop(database, stop),
    pendingSkips: (log) => pendingSkips(database, log),
  };
};

/** Makes the partitions that the records up to a position need; returns the last position that has one. */
const partitionsUpTo = async (client: Queryable, log: string, upTo: number): Promise<number> => {
  const { rows } = await client.query<{ reached: number }>(ensurePartitions, [log, upTo]);
  return rows[0]?.reached ?? 0;
};

type Taken = { readonly hold: LogHold; readonly frontier: Frontier; readonly lastPlace: number };

const takeOver = (database: Database, log: string): Promise<Taken> =>
  database.transaction(async (client) => {
    await client.query(openHead, [log, frontierBytes(emptyFrontier), rootOf(emptyFrontier)]);
    const { rows } = await client.query<HeadRow>(raiseEpoch, [log]);
    const [head] = rows;
    invariant(head !== undefined, "a head row that was inserted is there");
    const offsets = await sourceOffsets(client, log);
    const skips = await pendingSkips(client, log);
    const ordered = await orderedGeneration(client, log);
    const { generation, epoch, position, recorded_us: recordedUs } = head;
    const lastPlace = await partitionsUpTo(client, log, position + 1);
    return { lastPlace, hold: { log, generation, epoch, position, recordedUs, offsets, skips, ordered }, frontier: storedFrontier(log, head) };
  });

const lockedHead = async (client: Queryable, { log }: Append): Promise<HeadRow> => {
  const { rows } = await client.query<HeadRow>(lockHead, [log]);
  const [head] = rows;
  if (head === undefined) throw new EventLogError("unknown_log", `There is no log ${log}; take it over before appending.`);
  return head;
};

/** For a writer that does not remember it: the stored tree, when the append may go behind it. */
const treeBehind = async (database: Database, batch: Append): Promise<Frontier> => {
  const head = await lockedHead(database, batch);
  checkHead(batch, head);
  return storedFrontier(batch.log, head);
};

type Computed = { readonly hashed: HashedRecords; readonly before: Frontier; readonly after: Frontier };

/** Returns the head's new recorded time. */
const appended = async (database: Database, batch: Append, { hashed, before, after }: Computed): Promise<number> => {
  const statement = appendStatement(appendValues(batch, hashed, { before, after }), deadLetterValues(batch.deadLetters));
  const { rows } = await translated(batch, () => database.query<AppendRow>(statement));
  const [head] = rows;
  if (head === undefined) throw await refusalOf(database, batch, hashed);
  return head.recorded_us;
};

/** Why the head took no append: what it holds now, since neither its epoch nor its position ever falls back. */
const refusalOf = async (database: Database, batch: Append, { firstRecordedUs }: HashedRecords): Promise<EventLogError> => {
  const head = await lockedHead(database, batch);
  checkHead(batch, head);
  invariant(firstRecordedUs === undefined || firstRecordedUs >= head.recorded_us, "recorded time never falls along a log");
  return new EventLogError("corrupt", `Log ${batch.log}: the head's tree at position ${String(head.position)} is not the one that this writer left there.`);
};

/** Compare-and-set on epoch and position (rule 2). */
const checkHead = ({ log, epoch, expectedPosition }: Append, head: { readonly epoch: number; readonly position: number }): void => {
  if (head.epoch !== epoch) throw fenced(log, head.epoch, epoch);
  if (head.position !== expectedPosition) {
    throw new EventLogError("conflict", `Log ${log} is at position ${String(head.position)}, the append expected ${String(expectedPosition)}.`);
  }
};

const fenced = (log: string, stored: number, held: number): EventLogError =>
  new EventLogError("fenced", `Log ${log} was taken over: its epoch is ${String(stored)}, this writer holds ${String(held)}.`);

const checkOffsets = ({ offsets }: Append): void => {
  invariant(offsets.every(({ expected, next }) => next > expected), "a source offset only moves forward");
  invariant(new Set(offsets.map(({ topic, partition }) => `${topic}/${String(partition)}`)).size === offsets.length, "an append names each source once");
};

const storedFrontier = (log: string, { position, frontier, root }: HeadRow): Frontier => {
  const stored = frontierOf(position, frontier);
  if (stored !== undefined && rootOf(stored).equals(root)) return stored;
  throw new EventLogError("corrupt", `Log ${log}: the head's tree at position ${String(position)} does not give the head's root ${root.toString("hex")}.`);
};

/** The statement is its own transaction: a connection that failed anywhere in it may have failed during the commit. */
const translated = async <Result>({ log, expectedPosition, records, offsets }: Append, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause;
    if (cause.code === "connection" || cause.code === "commit_unknown") {
      const message = `Log ${log}: the connection failed while ${String(records.length)} records behind position ${String(expectedPosition)} were appended.`;
      throw new EventLogError("commit_unknown", message, { cause });
    }
    if (cause.sqlState === countMismatchState) {
      const expected = offsets.map(({ topic, partition, expected: offset }) => `${topic}/${String(partition)} at ${String(offset)}`).join(", ");
      throw new EventLogError("conflict", `Log ${log}: a stored source offset is not what the append expected (${expected}).`, { cause });
    }
    if (cause.code === "constraint") {
      throw new EventLogError("conflict", `Log ${log}: the append behind position ${String(expectedPosition)} meets what is there already. ${cause.message}`, { cause });
    }
    throw cause;
  }
};

/** On a connection of its own; the lock waits for a backend that is still committing (rule 3). */
const readBack = async (url: string, batch: Append): Promise<boolean> => {
  const database = openDatabase(url, { applicationName: "finality read-back", max: 1 });
  try {
    return await database.transaction(async (client) => {
      const head = await lockedHead(client, batch);
      const { log, epoch, expectedPosition, records, offsets } = batch;
      if (head.epoch !== epoch) throw fenced(log, head.epoch, epoch);
      const stored = await sourceOffsets(client, log);
      const moved = offsets.every(({ topic, partition, next }) =>
        stored.some((each) => each.topic === topic && each.partition === partition && each.nextOffset === next),
      );
      return head.position === expectedPosition + records.length && moved;
    });
  } finally {
    await database.close();
  }
};
