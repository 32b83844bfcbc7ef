import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lacksKafka, lacksRedis } from "./test-brokers.ts";

describe.each([
  { what: "Kafka", lacks: lacksKafka, advice: "default-jre-headless" },
  { what: "Redis", lacks: lacksRedis, advice: "redis-server" },
])("a machine without what $what needs", ({ what, lacks, advice }) => {
  beforeEach(() => vi.stubEnv("PATH", "/nowhere"));
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test("skips loudly", async () => {
    vi.stubEnv("CI", undefined);
    const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
    expect(await lacks()).toBe(true);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(new RegExp(`SKIPPED: tests that need ${what}.*${advice}`)));
  });

  test("fails in CI", async () => {
    vi.stubEnv("CI", "true");
    await expect(lacks()).rejects.toThrow(advice);
  });
});
