import { expect, test } from "vitest";
import { seededRandom } from "@finality/testkit";
import { cutAt } from "./windows.ts";

test("windows cover a span once and in order, and end where row groups end", () => {
  const random = seededRandom(5);
  for (let round = 0; round < 500; round++) {
    let last = 0;
    // A record longer than a row group leaves two with the same end.
    const lasts = Array.from({ length: random.integer(1, 8) }, () => (last += random.integer(0, 5)));
    const from = random.integer(1, last + 3);
    const to = random.integer(from, last + 3);
    const windows = cutAt(lasts, { from, to });
    const covered = windows.flatMap((window) => Array.from({ length: window.to - window.from + 1 }, (_, index) => window.from + index));
    expect(covered).toEqual(Array.from({ length: Math.max(0, Math.min(to, last) - from + 1) }, (_, index) => from + index));
    for (const window of windows) expect(window.to === to || lasts.includes(window.to)).toBe(true);
  }
});
