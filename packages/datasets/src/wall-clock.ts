import type { HedgePolicy, Instrument } from "@finality/contracts";
import type { ControlStep, TimelineInstant } from "./timeline.ts";

export type WallClock = {
  /** When the day's first instant is; microseconds since 1970. */
  readonly startsAtUs: number;
  /** Recorded seconds in one second, > 0. */
  readonly speed: number;
};

/**
 * A recorded day as if it began at `startsAtUs` and took place `speed` times as fast, for a log on the wall clock: every instant in it,
 * expiries, settlements and the log's opening included, keeps its place in the day. A policy's interval and cooldown are times of the
 * market and shrink with it; validity, the age of quotes and latency are times of the machines and stay.
 */
export const onWallClock = (timeline: readonly TimelineInstant[], { startsAtUs, speed }: WallClock): readonly TimelineInstant[] => {
  const beganUs = timeline[0]?.instantUs ?? 0;
  const at = (recordedUs: number): number => startsAtUs + Math.round((recordedUs - beganUs) / speed);
  return timeline.map(({ instantUs, ticks, control }) => ({
    instantUs: at(instantUs),
    ticks: ticks.map((tick) => ({ ...tick, venueTimeUs: at(tick.venueTimeUs) })),
    control: control.map((step) => stepAt(step, at, speed)),
  }));
};

const stepAt = (step: ControlStep, at: (recordedUs: number) => number, speed: number): ControlStep => {
  switch (step.type) {
    case "open_log":
      return { type: step.type, body: { ...step.body, clock: "live", startsAtUs: at(step.body.startsAtUs) } };
    case "list_instrument":
      return { type: step.type, body: { instrument: expiringAt(step.body.instrument, at) } };
    case "open_book":
      return { type: step.type, body: { ...step.body, policy: atSpeed(step.body.policy, speed) } };
    case "set_policy":
      return { type: step.type, body: { ...step.body, policy: atSpeed(step.body.policy, speed) } };
    case "book_trade":
      return { type: step.type, body: { ...step.body, venueTimeUs: at(step.body.venueTimeUs) } };
    case "settlement_price":
      return { type: step.type, body: { ...step.body, venueTimeUs: at(step.body.venueTimeUs) } };
    case "halt":
      return step;
  }
};

const expiringAt = (instrument: Instrument, at: (recordedUs: number) => number): Instrument =>
  "expiryUs" in instrument ? { ...instrument, expiryUs: at(instrument.expiryUs) } : instrument;

const atSpeed = (policy: HedgePolicy, speed: number): HedgePolicy => {
  if (policy.type === "none") return policy;
  const cooldownMs = Math.round(policy.cooldownMs / speed);
  if (policy.type === "delta_band") return { ...policy, cooldownMs };
  return { ...policy, cooldownMs, intervalMs: Math.max(1, Math.round(policy.intervalMs / speed)) };
};
