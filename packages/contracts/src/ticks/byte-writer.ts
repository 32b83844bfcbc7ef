import { invariant } from "../invariant.ts";

/** Bytes that are kept for the next writer: zeroing new ones costs more than what is written into them. One writer is at work at a time. */
const keptMax = 1_048_576;
let kept = new Uint8Array(4_096);

const scratch = (sizeMax: number): Uint8Array<ArrayBuffer> => {
  if (sizeMax > keptMax) return new Uint8Array(sizeMax);
  if (kept.length < sizeMax) kept = new Uint8Array(Math.min(keptMax, 2 * sizeMax));
  return kept;
};

/** Appends to a buffer of a stated largest size; integers as little-endian base-128 varints, doubles as 8 bytes little-endian. */
export class ByteWriter {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private length = 0;

  constructor(sizeMax: number) {
    this.bytes = scratch(sizeMax);
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  raw(values: Uint8Array): void {
    this.bytes.set(values, this.length);
    this.length += values.length;
  }

  /** 0 … 2⁵³ − 1. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** −(2⁵³ − 1) … 2⁵³ − 1, the sign in the lowest bit: split so that doubling never leaves the exact integers. */
  signedVarint(value: number): void {
    const magnitude = Math.abs(value);
    const rest = Math.floor(magnitude / 64);
    const low = (magnitude % 64) * 2 + (value < 0 ? 1 : 0);
    this.byte(rest > 0 ? low + 128 : low);
    if (rest > 0) this.varint(rest);
  }

  double(value: number): void {
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  written(): Uint8Array<ArrayBuffer> {
    invariant(this.length <= this.bytes.length, "the largest size of an encoding is stated before it is written");
    return this.bytes.slice(0, this.length);
  }
}
