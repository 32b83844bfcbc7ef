import { expect, test } from "vitest";
import { waitMsOf } from "./pacing.ts";

const start = { wallMs: 1_000, instantUs: 60_000_000 };

test("at a speed a recorded minute takes as much of a minute, counted from the start and not from the last instant", () => {
  expect(waitMsOf(1, start, { wallMs: 1_000, instantUs: 120_000_000 })).toBe(60_000);
  expect(waitMsOf(60, start, { wallMs: 1_000, instantUs: 120_000_000 })).toBe(1_000);
  expect(waitMsOf(60, start, { wallMs: 1_400, instantUs: 120_000_000 })).toBe(600);
  expect(waitMsOf(0.5, start, { wallMs: 1_000, instantUs: 61_000_000 })).toBe(2_000);
});

test("what is due already, and everything at full speed, is not waited for", () => {
  expect(waitMsOf(60, start, { wallMs: 3_000, instantUs: 120_000_000 })).toBeLessThanOrEqual(0);
  expect(waitMsOf("max", start, { wallMs: 1_000, instantUs: 120_000_000 })).toBe(0);
});
