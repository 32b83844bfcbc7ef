import { expect, test } from "vitest";
import { isoTime } from "./time.ts";

test("microseconds are kept, all six digits of them", () => {
  expect(isoTime(0)).toBe("1970-01-01T00:00:00.000000Z");
  expect(isoTime(1_609_770_840_000_007)).toBe("2021-01-04T14:34:00.000007Z");
  expect(isoTime(1_609_770_840_999_999)).toBe("2021-01-04T14:34:00.999999Z");
  expect(isoTime(8_990_000_000_000_001)).toBe("2254-11-18T22:13:20.000001Z");
});
