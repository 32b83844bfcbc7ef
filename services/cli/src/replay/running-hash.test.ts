import { createHash } from "node:crypto";
import { assert, array, uint8Array, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { runningHash } from "./running-hash.ts";

const fresh = (saved?: string) => {
  const hash = runningHash(saved);
  if (hash === undefined) throw new Error(`nothing is saved in ${String(saved)}`);
  return hash;
};

test("is SHA-256 at every length around a block's end", () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = Buffer.alloc(length, length);
    const hash = fresh();
    hash.update(bytes);
    expect(hash.digest()).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
});

test("goes on behind what was saved, wherever that was", () => {
  assert(
    property(array(uint8Array({ maxLength: 150 }), { maxLength: 12 }), nat(12), (pieces, at) => {
      const before = fresh();
      for (const piece of pieces.slice(0, at)) before.update(piece);
      const digestBefore = before.digest();
      const after = fresh(before.saved());
      expect(after.digest()).toBe(digestBefore);
      for (const piece of pieces.slice(at)) after.update(piece);
      expect(after.digest()).toBe(createHash("sha256").update(Buffer.concat(pieces)).digest("hex"));
    }),
  );
});

test.each(["", "nonsense", `${"0".repeat(64)} 1 `, `${"0".repeat(64)} 0 00`])("takes nothing for a saved hash that is none: %s", (text) => {
  expect(runningHash(text)).toBeUndefined();
});
