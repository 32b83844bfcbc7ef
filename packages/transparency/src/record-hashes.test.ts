import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { contentHash, leafHash, provenanceHash } from "./record-hashes.ts";

const content = { type: "Halted", version: 1, venueTimeUs: 5, recordedTimeUs: 2 ** 53 - 1, payload: Buffer.from("{}") };

/** The documented layout, written out. */
const field = (hex: string): string => (hex.length / 2).toString(16).padStart(8, "0") + hex;
const ascii = (text: string): string => Buffer.from(text).toString("hex");

test("the content hash is SHA-256 of the documented layout", () => {
  const layout = [ascii("finality/record/v1"), ascii("Halted"), "00000001", "0000000000000005", "001fffffffffffff", ascii("{}")].map(field).join("");
  expect(contentHash(content).toString("hex")).toBe(createHash("sha256").update(layout, "hex").digest("hex"));
});

test("the content hash changes with every part of the content, and with nothing that moves between parts", () => {
  const others = [
    { ...content, type: "Halte" },
    { ...content, type: "Halted{", payload: Buffer.from("}") },
    { ...content, version: 2 },
    { ...content, venueTimeUs: 6 },
    { ...content, recordedTimeUs: 5 },
    { ...content, payload: Buffer.from("{ }") },
    { ...content, venueTimeUs: content.recordedTimeUs, recordedTimeUs: content.venueTimeUs },
  ];
  const hashes = [content, ...others].map((each) => contentHash(each).toString("hex"));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("the leaf hash is RFC 6962's of content hash and provenance hash", () => {
  const provenance = provenanceHash(Buffer.from('{"build":"b","epoch":1}'));
  const expected = createHash("sha256").update(Buffer.concat([Buffer.of(0), contentHash(content), provenance])).digest("hex");
  expect(leafHash(contentHash(content), provenance).toString("hex")).toBe(expected);
});

test("a hash of another length gives another leaf, the same one each time", () => {
  const [good, provenance] = [contentHash(content), provenanceHash(Buffer.from("{}"))];
  for (const changed of [good.subarray(0, 31), Buffer.concat([good, good]), Buffer.alloc(0)]) {
    const first = leafHash(changed, provenance);
    leafHash(good, provenance);
    expect(leafHash(changed, provenance).equals(first)).toBe(true);
    expect(first.equals(leafHash(good, provenance))).toBe(false);
  }
});

test("a leaf hash is no view of what is hashed next", () => {
  const provenance = provenanceHash(Buffer.from("{}"));
  const leaf = leafHash(contentHash(content), provenance);
  const copy = Buffer.from(leaf);
  leafHash(provenance, provenance);
  expect(leaf.equals(copy)).toBe(true);
});
