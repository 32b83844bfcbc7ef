import { ContractsError } from "../errors.ts";

/** Reads what `ByteWriter` wrote. Every reading is bounded by the bytes; throws `bad_ticks` where they end early or spell a number in a second way. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  get position(): number {
    return this.offset;
  }

  /** A copy of what was read since `position`. */
  since(position: number): Uint8Array {
    return this.bytes.slice(position, this.offset);
  }

  /** Passes over these very bytes; false, and nowhere further, when others come. */
  skip(expected: Uint8Array): boolean {
    if (expected.length > this.remaining) return false;
    for (let index = 0; index < expected.length; index++) if (this.bytes[this.offset + index] !== expected[index]) return false;
    this.offset += expected.length;
    return true;
  }

  byte(): number {
    const value = this.bytes[this.offset];
    if (value === undefined) throw this.error("the bytes end early");
    this.offset++;
    return value;
  }

  raw(length: number): Uint8Array {
    this.need(length);
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  varint(): number {
    const first = this.byte();
    return first < 128 ? first : this.rest(first - 128, 128);
  }

  signedVarint(): number {
    const first = this.byte();
    const low = first % 128;
    const magnitude = first < 128 ? low >> 1 : this.rest(low >> 1, 64);
    if (low % 2 === 0) return magnitude;
    if (magnitude === 0) throw this.error("zero has a sign");
    return -magnitude;
  }

  double(): number {
    this.need(8);
    const value = this.view.getFloat64(this.offset, true);
    this.offset += 8;
    return value;
  }

  error(what: string): ContractsError {
    return new ContractsError("bad_ticks", `Tick columns of ${String(this.bytes.length)} bytes: ${what} at byte ${String(this.offset)}.`);
  }

  private need(length: number): void {
    if (length > this.remaining) throw this.error(`${String(length)} bytes are promised, ${String(this.remaining)} are there,`);
  }

  /** The groups behind a first one of `low`, the next of which counts `unit`. */
  private rest(low: number, unit: number): number {
    let value = low;
    let weight = unit;
    for (;;) {
      const next = this.byte();
      const digit = next % 128;
      if (digit > (Number.MAX_SAFE_INTEGER - value) / weight) throw this.error("a number is greater than 2^53 - 1");
      value += digit * weight;
      if (next < 128) {
        if (digit === 0) throw this.error("a number has a needless group");
        return value;
      }
      weight *= 128;
      if (weight > Number.MAX_SAFE_INTEGER) throw this.error("a number is greater than 2^53 - 1");
    }
  }
}
