import type { StoredRecord } from "@finality/contracts";
import { createNotifier, type BinaryFields, type Database, type Notifier } from "@finality/database";
import { logChannelOf } from "./channel.ts";
import { EventLogError } from "./errors.ts";
import type { LogHead, LogReader } from "./event-log.ts";
import { detachedUpTo } from "./retention.ts";
import { readHead, readHeads, readRecords } from "./statements.ts";
import { createWakeUp } from "./wake-up.ts";

export type LogReaderDeps = {
  readonly database: Database;
  /** Wakes followers: at appends of a writer in the same process, and of those in others when it is a listening one. */
  readonly notifier?: Notifier;
  /** A listening notifier of its own, with its connection, for each `follow`. Default: only where there is no `notifier`. */
  readonly listening?: boolean;
  /** Longest time until a follower looks again by itself: the guarantee behind the notifications. Milliseconds; default 250. */
  readonly pollMs?: number;
};

type HeadRow = {
  readonly log: string;
  readonly generation: number;
  readonly epoch: number;
  readonly position: number;
  readonly recorded_us: number;
  readonly root: Buffer;
  readonly duplicates: number;
};

const pollMsDefault = 250;
/** Records of one chunk of `follow`. */
const followChunk = 500;

export const createLogReader = (deps: LogReaderDeps): LogReader => {
  const { database } = deps;
  const read = async (log: string, afterPosition: number, limit: number): Promise<readonly StoredRecord[]> => {
    const rows = await database.copy(readRecords(log, afterPosition, limit), (fields) => ({ head: fields.integer() ?? 0, record: storedRecord(log, fields) }));
    const records = rows.flatMap(({ record }) => record ?? []);
    const missing = missingIn({ afterPosition, limit, head: rows[0]?.head ?? 0 }, records);
    if (missing !== undefined) throw await gapError(database, log, missing);
    return records;
  };
  return {
    heads: async () => (await database.query<HeadRow>(readHeads)).rows.map(logHead),
    head: async (log) => (await database.query<HeadRow>(readHead, [log])).rows.map(logHead)[0],
    read,
    follow: (log, afterPosition, signal) => follow(deps, read, { log, afterPosition, signal }),
  };
};

type Following = { readonly log: string; readonly afterPosition: number; readonly signal: AbortSignal };

async function* follow(
  { database, notifier, listening = notifier === undefined, pollMs = pollMsDefault }: LogReaderDeps,
  read: LogReader["read"],
  { log, afterPosition, signal }: Following,
): AsyncGenerator<readonly StoredRecord[], void, void> {
  const wakeUp = createWakeUp(signal);
  const channel = logChannelOf(log);
  const own = listening ? createNotifier(database, { listening }) : undefined;
  const unsubscribe = [notifier, own].map((each) => each?.subscribe(channel, wakeUp.ring));
  try {
    let position = afterPosition;
    while (!signal.aborted) {
      // Forgotten before reading: what is notified meanwhile is looked at again.
      wakeUp.reset();
      const records = await read(log, position, followChunk);
      const last = records.at(-1);
      if (last === undefined) {
        await wakeUp.wait(pollMs);
      } else {
        position = last.position;
        yield records;
      }
    }
  } finally {
    for (const end of unsubscribe) end?.();
    await own?.close();
  }
}

type Asked = { readonly afterPosition: number; readonly limit: number; readonly head: number };
type Gap = { readonly first: number; readonly last: number };

/** A gap is an error, not a pause: an append makes all of its positions visible at once. */
const missingIn = ({ afterPosition, limit, head }: Asked, records: readonly StoredRecord[]): Gap | undefined => {
  let before = afterPosition;
  for (const { position } of records) {
    if (position !== before + 1) return { first: before + 1, last: position - 1 };
    before = position;
  }
  return records.length < limit && before < head ? { first: before + 1, last: head } : undefined;
};

const gapError = async (database: Database, log: string, { first, last }: Gap): Promise<EventLogError> => {
  const archived = await detachedUpTo(database, log);
  if (first <= archived) return new EventLogError("archived", `The records 1 to ${String(archived)} of log ${log} left PostgreSQL for the archive; name its folder to read them.`);
  return new EventLogError("hole", `Log ${log} has no record at ${first === last ? `position ${String(first)}` : `positions ${String(first)} to ${String(last)}`}.`);
};

const logHead = ({ log, generation, epoch, position, recorded_us: recordedUs, root, duplicates }: HeadRow): LogHead => ({
  log,
  generation,
  epoch,
  position,
  recordedUs,
  root,
  duplicates,
});

/** Undefined for the one row of a log that has no further records: all columns of the record are null there. */
const storedRecord = (log: string, fields: BinaryFields): StoredRecord | undefined => {
  const [position, generation, type, version] = [fields.integer(), fields.integer(), fields.text(), fields.integer()];
  const [venueTimeUs, recordedTimeUs, payload, provenance, contentHash, leafHash] = [fields.integer(), fields.integer(), fields.bytes(), fields.bytes(), fields.bytes(), fields.bytes()];
  if (position === null || generation === null || type === null || version === null || venueTimeUs === null || recordedTimeUs === null) return undefined;
  if (payload === null || provenance === null || contentHash === null || leafHash === null) return undefined;
  return { log, generation, position, type, version, venueTimeUs, recordedTimeUs, payload, provenance, contentHash, leafHash };
};
