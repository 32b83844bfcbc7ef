import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";

const written = (work: (logger: ReturnType<typeof createLogger>) => void): readonly Record<string, unknown>[] => {
  const lines: string[] = [];
  work(createLogger({ service: "executor", level: "info", write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

test("a line is JSON with service, level, time, fields and sentence; what is below the level is not written", () => {
  const lines = written((logger) => {
    logger.debug({}, "unseen");
    logger.info({ log: "BTC", position: 7 }, "recorded");
  });
  expect(lines).toEqual([{ service: "executor", level: "info", time: expect.stringMatching(/^\d{4}-.*Z$/), log: "BTC", position: 7, msg: "recorded" }]);
});

test("no secret is written: neither under a secret's name nor inside a URL, in errors included", () => {
  const lines = written((logger) => {
    const error = new Error("cannot reach postgres://desk:hunter2@db.example:5432/finality");
    logger.error({ err: error, password: "hunter2", config: { apiKey: "hunter2", nested: { token: "hunter2" } } }, "failed at kafka://u:hunter2@broker");
  });
  const text = JSON.stringify(lines);
  expect(text).not.toContain("hunter2");
  expect(text).toContain("postgres://desk:[redacted]@db.example:5432/finality");
});
