import { expect, test } from "vitest";
import { sharesOf } from "./profile.ts";

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });

test("time is counted for the package that ran, until the next sample", () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("evolve", "file:///house/packages/engine/src/fold/evolve.ts") },
      { id: 2, callFrame: frame("query", "file:///house/node_modules/.pnpm/pg@8.0.0/node_modules/pg/lib/client.js") },
      { id: 3, callFrame: frame("(idle)", "") },
      { id: 4, callFrame: frame("processTicks", "node:internal/process/task_queues") },
    ],
    samples: [1, 2, 3, 1, 4],
    timeDeltas: [7, 50, 200, 500, 250],
  };
  const shares = sharesOf(JSON.stringify(profile));
  expect(shares.map(({ owner, milliseconds }) => [owner, milliseconds])).toEqual([
    ["idle (waiting for PostgreSQL, or for a timer)", 0.5],
    ["@finality/engine", 0.3],
    ["npm pg", 0.2],
    ["node", 0],
  ]);
  expect(shares[0]?.share).toBe(0.5);
});

test("what is no profile is refused", () => {
  expect(() => sharesOf("{}")).toThrow("no CPU profile");
});
