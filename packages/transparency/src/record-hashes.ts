import { hash } from "node:crypto";
import type { RecordContent } from "@finality/contracts";

// Layouts are fixed for ever: a stored log is verified with them. Every field is preceded by its length in bytes (4 bytes, big-endian),
// so that no two contents share a layout; integers are big-endian.

const domain = Buffer.from("finality/record/v1", "ascii");
const integerBytes = { version: 4, time: 8 } as const;
const lengthBytes = 4;

export const hashBytes = 32;

/** By way of text, so that the hash lies in Node's pool of small buffers; an ArrayBuffer of its own for each costs the collector as much as the hashing. */
export const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash("sha256", bytes, "binary"), "latin1");

/**
 * SHA-256 over: domain tag "finality/record/v1", type (UTF-8), version (4 bytes), venue time and recorded time (8 bytes each,
 * microseconds), payload; each with its length before it. Names no offset, epoch, build or host (rule 29).
 */
export const contentHash = ({ type, version, venueTimeUs, recordedTimeUs, payload }: RecordContent): Buffer => {
  const typeLength = Buffer.byteLength(type);
  const bytes = Buffer.allocUnsafe(6 * lengthBytes + domain.length + typeLength + integerBytes.version + 2 * integerBytes.time + payload.length);
  let at = 0;
  const field = (length: number): number => {
    at = bytes.writeUInt32BE(length, at) + length;
    return at - length;
  };
  domain.copy(bytes, field(domain.length));
  bytes.write(type, field(typeLength));
  bytes.writeUInt32BE(version, field(integerBytes.version));
  bytes.writeBigUInt64BE(BigInt(venueTimeUs), field(integerBytes.time));
  bytes.writeBigUInt64BE(BigInt(recordedTimeUs), field(integerBytes.time));
  bytes.set(payload, field(payload.length));
  return sha256(bytes);
};

/** SHA-256 of the stored bytes: RFC 8785 JSON of `Provenance`. */
export const provenanceHash = (provenance: Uint8Array): Buffer => sha256(provenance);

const pair = Buffer.alloc(1 + 2 * hashBytes);

/** SHA-256(tag ‖ left ‖ right). Parts of another length are hashed as they are: a tree of changed hashes gets another root, it does not end the process that compares it. */
export const hashPair = (tag: number, left: Uint8Array, right: Uint8Array): Buffer => {
  if (left.length !== hashBytes || right.length !== hashBytes) return sha256(Buffer.concat([Buffer.of(tag), left, right]));
  pair[0] = tag;
  pair.set(left, 1);
  pair.set(right, 1 + hashBytes);
  return sha256(pair);
};

/** RFC 6962 leaf hash of content hash ‖ provenance hash: SHA-256(0x00 ‖ content hash ‖ provenance hash). */
export const leafHash = (content: Uint8Array, provenance: Uint8Array): Buffer => hashPair(0x00, content, provenance);
