import type pg from "pg";
import { to } from "pg-copy-streams";
import { DatabaseError } from "./errors.ts";

/** The fields of one row in PostgreSQL's binary form, taken one after the other as the columns stand. Null is null. */
export type BinaryFields = {
  /** An int2, int4 or int8. Throws DatabaseError "number_out_of_range" beyond ±(2^53 - 1). */
  integer(): number | null;
  /** A text. */
  text(): string | null;
  /** A bytea; a view of what was read in one go. */
  bytes(): Buffer | null;
};

/** Signature, flags and the length of an extension, which PostgreSQL leaves empty. */
const headerBytes = 19;
const absent = -1;

/** Walks the rows of PostgreSQL's binary copy format (its manual, COPY, "Binary Format"). */
class BinaryRows implements BinaryFields {
  readonly #bytes: Buffer;
  #at = headerBytes;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Steps to the next row; false at the end. */
  next(): boolean {
    const fields = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return fields !== absent;
  }

  integer(): number | null {
    const length = this.#length();
    if (length === absent) return null;
    const at = this.#at;
    this.#at += length;
    if (length === 2) return this.#bytes.readInt16BE(at);
    if (length === 4) return this.#bytes.readInt32BE(at);
    const value = this.#bytes.readInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw new DatabaseError("number_out_of_range", `The int8 ${String(this.#bytes.readBigInt64BE(at))} is beyond 2^53 - 1 and cannot be held in a number; select it as text.`);
    return value;
  }

  text(): string | null {
    return this.bytes()?.toString("utf8") ?? null;
  }

  bytes(): Buffer | null {
    const length = this.#length();
    if (length === absent) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #length(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }
}

/** What `COPY … TO STDOUT (FORMAT binary)` gives for a select, on a client that belongs to nobody else meanwhile. */
export const copyOut = async (client: pg.PoolClient, select: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of client.query(to(`COPY (${select}) TO STDOUT (FORMAT binary)`))) chunks.push(chunk as Buffer); // the stream is one of bytes
  return Buffer.concat(chunks);
};

/** The rows of such bytes, each made by `row`, which takes all of its fields. */
export const binaryRows = <R>(bytes: Buffer, row: (fields: BinaryFields) => R): readonly R[] => {
  const walk = new BinaryRows(bytes);
  const rows: R[] = [];
  while (walk.next()) rows.push(row(walk));
  return rows;
};
