import type { TickColumns } from "./columns.ts";

const doubleBytes = 8;

/** Columns of zeros for `count` ticks: windows of one buffer, since nine small buffers cost more than what is written into them. */
export const newColumns = (count: number, instruments: readonly string[]): TickColumns => {
  const column = count * doubleBytes;
  const buffer = new ArrayBuffer(6 * column + 4 * count);
  const doubles = (place: number): Float64Array => new Float64Array(buffer, place * column, count);
  return {
    count,
    instruments,
    venueTimeUs: doubles(0),
    receiveTimeUs: doubles(1),
    value0: doubles(2),
    value1: doubles(3),
    value2: doubles(4),
    value3: doubles(5),
    instrument: new Uint16Array(buffer, 6 * column, count),
    kind: new Uint8Array(buffer, 6 * column + 2 * count, count),
    flags: new Uint8Array(buffer, 6 * column + 3 * count, count),
  };
};
