import { expect, test } from "vitest";
import { formatInstant, parseAsOfPoint, parseInstant } from "./as-of-point.ts";

test("an RFC 3339 instant is read to the microsecond, whatever its offset", () => {
  const noon = Date.UTC(2021, 0, 4, 12) * 1_000;
  for (const text of ["2021-01-04T12:00:00Z", "2021-01-04t12:00:00z", "2021-01-04T12:00:00.000Z", "2021-01-04T13:30:00+01:30", "2021-01-04T07:00:00-05:00"]) expect([text, parseInstant(text)]).toEqual([text, noon]);
  expect(parseInstant("2021-01-04T12:00:00.1Z")).toBe(noon + 100_000);
  expect(parseInstant("2021-01-04T12:00:00.0000019Z")).toBe(noon + 1);
  expect(parseInstant("1969-12-31T23:59:59.5Z")).toBe(-500_000);
  expect(parseInstant("2024-02-29T00:00:00Z")).toBe(Date.UTC(2024, 1, 29) * 1_000);
});

test("what is no instant is none", () => {
  const none = ["", "yesterday", "2021-01-04", "2021-01-04T12:00Z", "2021-01-04T12:00:00", "2021-01-04 12:00:00Z", "2021-02-29T00:00:00Z", "2021-02-30T00:00:00Z", "2021-13-01T00:00:00Z", "2021-01-04T24:00:00Z", "2021-01-04T23:59:60Z", "2021-01-04T12:00:00+24:00", "2021-01-04T12:00:00 01:00", "2021-01-04T12:00:00.Z"];
  for (const text of none) expect([text, parseInstant(text)]).toEqual([text, undefined]);
});

test("a point is a position or an instant", () => {
  expect(parseAsOfPoint("@123")).toEqual({ kind: "position", position: 123 });
  expect(parseAsOfPoint("@0")).toEqual({ kind: "position", position: 0 });
  expect(parseAsOfPoint("1970-01-01T00:00:01Z")).toEqual({ kind: "recorded_time", recordedTimeUs: 1_000_000 });
  for (const text of ["@", "@-1", "@1.5", "@1e3", "123", "@9999999999999999", "@1 "]) expect([text, parseAsOfPoint(text)]).toEqual([text, undefined]);
});

test("microseconds are written with all six digits, and read back", () => {
  const texts = { "1970-01-01T00:00:00.000000Z": 0, "2021-01-04T14:34:00.000007Z": 1_609_770_840_000_007, "2021-01-04T14:34:00.999999Z": 1_609_770_840_999_999, "2254-11-18T22:13:20.000001Z": 8_990_000_000_000_001, "1969-12-31T23:59:59.500000Z": -500_000 };
  for (const [text, timeUs] of Object.entries(texts)) expect([formatInstant(timeUs), parseInstant(text)]).toEqual([text, timeUs]);
});
