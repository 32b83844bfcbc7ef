import { decodeRecord, isDecisionRecord, isInputRecord, type DecisionRecord, type InputRecord, type LogRecord, type StoredRecord } from "@finality/contracts";
import type { RecordedStep } from "@finality/engine";

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
