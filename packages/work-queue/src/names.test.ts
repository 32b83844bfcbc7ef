import fc from "fast-check";
import { expect, test } from "vitest";
import { jobIdOf, queueNameOf } from "./names.ts";

test("a plain account is read in its queue's name", () => {
  expect(queueNameOf("paper-main_1")).toBe("exec-paper-main_1");
  expect(queueNameOf("deribit:main")).toBe("exec-deribit.3a.main");
});

test("two accounts never share a queue, and every name is one that the engine takes", () => {
  const account = fc.oneof(fc.string({ unit: fc.constantFrom("a", "3", ".", ":", "_", "{", "é") }), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(account, account, (one, other) => {
      expect(queueNameOf(one) === queueNameOf(other)).toBe(one === other);
      expect(queueNameOf(one)).toMatch(/^[A-Za-z0-9_.-]+$/);
    }),
  );
});

test("a command id is the job id unless the engine would not take it", () => {
  expect(jobIdOf("SPX-1-42")).toBe("SPX-1-42");
  for (const bad of ["", "42", "SPX:1"]) expect(() => jobIdOf(bad)).toThrow(`"${bad}"`);
});
