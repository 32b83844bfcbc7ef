import { decodeRecord, isDecisionRecord, isInputRecord, type DecisionRecord, type InputRecord, type LogRecord, type StoredRecord } from "@finality/contracts";
import type { RecordedStep } from "@finality/engine";
import type { LogHead } from "@finality/event-log";

/** What is known of a log's end. */
type SourceHead = Pick<LogHead, "generation" | "position" | "root">;

/** What folding a log again needs of where it is kept. */
export interface LogRecords {
  head(log: string): Promise<SourceHead | undefined>;
  /** Records behind `afterPosition`, at most `limit`, contiguous. */
  read(log: string, afterPosition: number, limit: number): Promise<readonly StoredRecord[]>;
}

/** An input with the decisions recorded behind it, and the same records as they are stored, in order of position. */
export type Group = RecordedStep & { readonly stored: readonly StoredRecord[] };

/** A record that this release cannot decode. */
export class UnreadableRecord extends Error {
  readonly position: number;

  constructor(position: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "UnreadableRecord";
    this.position = position;
  }
}

const chunk = 500;

type Stretch = { readonly log: string; readonly after: number; readonly to: number };

/** Records behind `after` up to `to`, a chunk at a time; the next chunk is read while this one is worked on. */
export async function* storedChunks(source: Pick<LogRecords, "read">, { log, after, to }: Stretch): AsyncGenerator<readonly StoredRecord[], void, void> {
  const next = (position: number): Promise<readonly StoredRecord[]> => {
    const reading = position < to ? source.read(log, position, Math.min(chunk, to - position)) : Promise.resolve([]);
    // Its failure is thrown where it is awaited; a reader that stops earlier does not want to know.
    reading.catch(() => undefined);
    return reading;
  };
  for (let reading = next(after); ; ) {
    const records = await reading;
    const last = records.at(-1);
    if (last === undefined) return;
    reading = next(last.position);
    yield records;
  }
}

type OpenGroup = { readonly input: InputRecord; readonly decisions: DecisionRecord[]; readonly stored: StoredRecord[] };

const decoded = (stored: StoredRecord): LogRecord => {
  try {
    return decodeRecord(stored);
  } catch (cause) {
    throw new UnreadableRecord(stored.position, cause);
  }
};

/**
 * Groups records as they were decided, some groups at a time. Decisions before the first input belong to one that is not read: they go to
 * `orphan`. Throws UnreadableRecord after the groups that are complete before it.
 */
export async function* groupsOf(chunks: AsyncIterable<readonly StoredRecord[]>, orphan: (decision: DecisionRecord) => void): AsyncGenerator<readonly Group[], void, void> {
  let open: OpenGroup | undefined;
  for await (const records of chunks) {
    const complete: Group[] = [];
    try {
      for (const stored of records) {
        const record = decoded(stored);
        if (isInputRecord(record)) {
          if (open !== undefined) complete.push(open);
          open = { input: record, decisions: [], stored: [stored] };
        } else if (isDecisionRecord(record)) {
          if (open === undefined) orphan(record);
          open?.decisions.push(record);
          open?.stored.push(stored);
        }
      }
    } catch (error) {
      if (error instanceof UnreadableRecord) yield complete;
      throw error;
    }
    yield complete;
  }
  if (open !== undefined) yield [open];
}

export const ticksIn = ({ input }: RecordedStep): number => (input.type === "TicksRecorded" ? input.body.count : 0);
