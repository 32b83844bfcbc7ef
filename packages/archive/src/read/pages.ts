import type { StoredRecord } from "@finality/contracts";

export type Stream = (log: string, positions: { readonly from: number; readonly to?: number }) => AsyncIterable<readonly StoredRecord[]>;

/** A stream that stands before `next`, with what of its last batch is not yet handed out. */
type Cursor = { readonly next: number; readonly rest: readonly StoredRecord[]; readonly batches: AsyncIterator<readonly StoredRecord[]> | undefined };

/**
 * Pages out of streams. A page that follows the one before it comes out of one stream that goes on: opening the files anew for each page
 * costs more than reading it. Any other page is read for itself, and no further than asked for. One stream a log is held.
 */
export const createPages = (stream: Stream): ((log: string, afterPosition: number, limit: number) => Promise<readonly StoredRecord[]>) => {
  const cursors = new Map<string, Cursor>();
  /** Taken out while it is used: two readers at a time do not share it. */
  const taken = (log: string): Cursor | undefined => {
    const cursor = cursors.get(log);
    cursors.delete(log);
    return cursor;
  };
  const alone = async (log: string, from: number, limit: number): Promise<readonly StoredRecord[]> => {
    const found: StoredRecord[] = [];
    for await (const batch of stream(log, { from, to: from + limit - 1 })) found.push(...batch);
    if (found.length === limit && limit > 0) await held(log, { next: from + limit, rest: [], batches: undefined });
    return found;
  };
  const goneOn = async (log: string, cursor: Cursor, limit: number): Promise<readonly StoredRecord[]> => {
    const batches = cursor.batches ?? stream(log, { from: cursor.next })[Symbol.asyncIterator]();
    let found = cursor.rest;
    while (found.length < limit) {
      const batch = await batches.next();
      // Ranges may have been sealed since it began: a page that would be empty opens the archive again.
      if (batch.done === true) return found.length > 0 ? found : alone(log, cursor.next, limit);
      found = [...found, ...batch.value];
    }
    await held(log, { next: cursor.next + limit, rest: found.slice(limit), batches });
    return found.slice(0, limit);
  };
  const held = async (log: string, cursor: Cursor): Promise<void> => {
    const other = taken(log);
    cursors.set(log, cursor);
    await other?.batches?.return?.();
  };
  return async (log, afterPosition, limit) => {
    const cursor = taken(log);
    if (cursor?.next === afterPosition + 1 && limit > 0) return goneOn(log, cursor, limit);
    await cursor?.batches?.return?.();
    return alone(log, afterPosition + 1, limit);
  };
};
