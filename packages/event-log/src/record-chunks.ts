import type { StoredRecord } from "@finality/contracts";
import type { LogReader } from "./event-log.ts";

export type Stretch = {
  readonly log: string;
  /** Position behind which it begins; 0 for the first record. */
  readonly after: number;
  /** Last position. */
  readonly to: number;
  /** Records of one chunk. Default 500. */
  readonly chunk?: number;
};

/** Lets the rest of the process have its turns, whoever the source is. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The records of a stretch, a chunk at a time; the next chunk is read while the caller works on this one. Ends early where the source has
 * no more records. Throws what the source throws, behind the chunks that were read before.
 */
export async function* recordChunks(source: Pick<LogReader, "read">, { log, after, to, chunk = 500 }: Stretch): AsyncGenerator<readonly StoredRecord[], void, void> {
  const next = (position: number): Promise<readonly StoredRecord[]> => {
    const reading = position < to ? source.read(log, position, Math.min(chunk, to - position)) : Promise.resolve([]);
    // Its failure is thrown where it is awaited; a caller that stops earlier does not want to know.
    reading.catch(() => undefined);
    return reading;
  };
  for (let reading = next(after); ; ) {
    const records = await reading;
    const last = records.at(-1);
    if (last === undefined) return;
    reading = next(last.position);
    yield records;
    await breathe();
  }
}
