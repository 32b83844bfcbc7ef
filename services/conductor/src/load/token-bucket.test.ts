import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

test("portions come evenly, whenever one looks", () => {
  const bucket = new TokenBucket({ perS: 1_000, burst: 500, nowMs: 0 });
  let spent = 0;
  for (const nowMs of [0.5, 1, 3, 3.1, 10, 47, 100]) {
    const portions = bucket.portions(1, nowMs);
    bucket.spend(portions);
    spent += portions;
    expect(spent).toBe(Math.floor(nowMs));
  }
  expect(bucket.lost).toBe(0);
});

test("only whole portions, and the time until the next one", () => {
  const bucket = new TokenBucket({ perS: 1_000, burst: 500, nowMs: 0 });
  expect(bucket.portions(100, 60)).toBe(0);
  expect(bucket.msUntil(100)).toBe(40);
  expect(bucket.portions(100, 250)).toBe(2);
  bucket.spend(200);
  expect(bucket.msUntil(100)).toBe(50);
});

test("after a stall one burst may be caught up with, and the rest is lost", () => {
  const bucket = new TokenBucket({ perS: 1_000, burst: 500, nowMs: 0 });
  expect(bucket.portions(1, 2_000)).toBe(500);
  bucket.spend(500);
  expect(bucket.lost).toBe(1_500);
  expect(bucket.portions(1, 2_000)).toBe(0);
  expect(bucket.portions(1, 2_010)).toBe(10);
});
