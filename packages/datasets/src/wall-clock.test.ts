import { expect, test } from "vitest";
import { loadDataset } from "./dataset.ts";
import type { ControlStep, TimelineInstant } from "./timeline.ts";
import { onWallClock } from "./wall-clock.ts";

const { timeline } = loadDataset("spx-2021-01-04");
const beganUs = timeline[0]?.instantUs ?? 0;
const startsAtUs = 1_800_000_000_000_000;
const steps = (instants: readonly TimelineInstant[]): readonly ControlStep[] => instants.flatMap(({ control }) => control);

/** Every instant that a timeline names, in a fixed order. */
const timesOf = (instants: readonly TimelineInstant[]): readonly number[] => [
  ...instants.flatMap(({ instantUs, ticks }) => [instantUs, ...ticks.map(({ venueTimeUs }) => venueTimeUs)]),
  ...steps(instants).flatMap(({ body }) => ("startsAtUs" in body ? [body.startsAtUs] : "venueTimeUs" in body ? [body.venueTimeUs] : "instrument" in body && typeof body.instrument !== "string" && "expiryUs" in body.instrument ? [body.instrument.expiryUs] : [])),
];

test("at speed 1 a day is moved whole: its instants, venue times, expiries, settlements and opening by the same amount", () => {
  const live = onWallClock(timeline, { startsAtUs, speed: 1 });
  expect(timesOf(live)).toEqual(timesOf(timeline).map((timeUs) => timeUs + startsAtUs - beganUs));
  expect(steps(live).map(({ type }) => type)).toEqual(steps(timeline).map(({ type }) => type));
});

test("at another speed everything keeps its place in the day, to the microsecond", () => {
  const live = onWallClock(timeline, { startsAtUs, speed: 60 });
  expect(timesOf(live)).toEqual(timesOf(timeline).map((timeUs) => startsAtUs + Math.round((timeUs - beganUs) / 60)));
});

test("the log lives on the wall clock; a policy's times shrink with the day, the machines' do not", () => {
  const live = steps(onWallClock(timeline, { startsAtUs, speed: 60 }));
  expect(live[0]).toMatchObject({ type: "open_log", body: { clock: "live", startsAtUs } });
  const policyOf = (book: string): unknown => live.flatMap((step) => (step.type === "set_policy" && step.body.book === book ? [step.body.policy] : []))[0];
  expect(policyOf("writer")).toMatchObject({ intervalMs: 15_000, cooldownMs: 500, validityMs: 5_000 });
  expect(policyOf("scalper")).toMatchObject({ cooldownMs: 500, validityMs: 5_000, thresholdUp: 50 });
  expect(live.find(({ type }) => type === "open_book")).toMatchObject({ body: { limits: { maxQuoteAgeMs: 150_000 } } });
});
