import { expect, test } from "vitest";
import { sampleOf } from "./service-process.ts";

test("a sample is found by its whole name, and among several by a label", () => {
  const metrics = new Map([
    ["process_cpu_seconds_total_more", 9],
    ['process_cpu_seconds_total{service="api"}', 1],
    ['log_state{log="SPX",state="waiting"}', 0],
    ['log_state{log="SPX",state="writing"}', 1],
  ]);
  expect(sampleOf(metrics, "process_cpu_seconds_total")).toBe(1);
  expect(sampleOf(metrics, "log_state", 'state="writing"')).toBe(1);
  expect(sampleOf(metrics, "log_state", 'state="stopped"')).toBeUndefined();
});
