import { describe, expect, test } from "vitest";
import type { StoredRecord } from "@finality/contracts";
import { recordChunks } from "./record-chunks.ts";

const record = (position: number): StoredRecord => {
  const nothing = new Uint8Array();
  return { log: "SPX", generation: 1, position, type: "TicksRecorded", version: 1, venueTimeUs: 0, recordedTimeUs: 0, payload: nothing, provenance: nothing, contentHash: nothing, leafHash: nothing };
};

/** A log of some records that says which positions were asked for; reading behind `failsBehind` fails. */
const sourceOf = (head: number, failsBehind = Infinity) => {
  const asked: number[] = [];
  const read = (_: string, after: number, limit: number): Promise<readonly StoredRecord[]> => {
    asked.push(after);
    if (after >= failsBehind) return Promise.reject(new Error(`cannot read behind ${String(after)}`));
    return Promise.resolve(Array.from({ length: Math.max(0, Math.min(limit, head - after)) }, (_each, index) => record(after + 1 + index)));
  };
  return { asked, read };
};

const positions = async (chunks: AsyncIterable<readonly StoredRecord[]>): Promise<readonly (readonly number[])[]> => {
  const found: (readonly number[])[] = [];
  for await (const records of chunks) found.push(records.map(({ position }) => position));
  return found;
};

describe("the records of a stretch", () => {
  test("come in chunks, from behind one position up to another", async () => {
    expect(await positions(recordChunks(sourceOf(10), { log: "SPX", after: 2, to: 9, chunk: 3 }))).toEqual([[3, 4, 5], [6, 7, 8], [9]]);
  });

  test("are none where the stretch is empty, and nothing is read", async () => {
    const source = sourceOf(10);
    expect(await positions(recordChunks(source, { log: "SPX", after: 9, to: 9 }))).toEqual([]);
    expect(source.asked).toEqual([]);
  });

  test("end where the source ends", async () => {
    expect(await positions(recordChunks(sourceOf(4), { log: "SPX", after: 0, to: 9, chunk: 3 }))).toEqual([[1, 2, 3], [4]]);
  });

  test("are read one chunk ahead, and no further", async () => {
    const source = sourceOf(10);
    const chunks = recordChunks(source, { log: "SPX", after: 0, to: 10, chunk: 2 });
    await chunks.next();
    expect(source.asked).toEqual([0, 2]);
    await chunks.next();
    expect(source.asked).toEqual([0, 2, 4]);
    await chunks.return();
    expect(source.asked).toEqual([0, 2, 4]);
  });

  test("fail behind the chunks that could be read", async () => {
    const chunks = recordChunks(sourceOf(10, 4), { log: "SPX", after: 0, to: 10, chunk: 2 });
    expect((await chunks.next()).value).toHaveLength(2);
    expect((await chunks.next()).value).toHaveLength(2);
    await expect(chunks.next()).rejects.toThrow("cannot read behind 4");
  });
});
