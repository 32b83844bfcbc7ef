import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmbeddedPostgres } from "@finality/database";
import { seededRandom } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkHouse } from "./testing/check-house.ts";
import { runCli, startCli, type Running } from "./testing/run-cli.ts";
import { writeShortDay } from "./testing/short-day.ts";

let root: string;
let day: string;
let running: Running[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "finality-crash-"));
  day = writeShortDay(join(root, "day"), 20);
  running = [];
});

afterEach(async () => {
  for (const each of running) each.process.kill("SIGKILL");
  await Promise.all(running.map((each) => each.finished));
  const postgres = await startEmbeddedPostgres({ folder: join(root, "dev") });
  await postgres.stop("immediate");
  rmSync(root, { recursive: true, force: true });
});

const startHouse = async (environment: Readonly<Record<string, string>> = {}): Promise<Running> => {
  const house = startCli(root, ["dev", "--port", "0"], environment);
  running.push(house);
  await house.printed(/The house is open/);
  return house;
};

const startFeed = async (): Promise<Running> => {
  const feed = startCli(root, ["feed", "--dataset", day, "--data", join(root, "dev")]);
  running.push(feed);
  await feed.printed(/Feeding/);
  return feed;
};

const stopHouse = async (house: Running): Promise<void> => {
  house.process.kill("SIGINT");
  expect((await house.finished).code).toBe(130);
};

const points = ["append-acknowledge:20", "commit-enqueue:2", "claim-send:2", "accept-report:2", "projector-batch:12"];

test.each(points)("killed at %s, the house goes on without a lost, doubled or changed thing", async (point) => {
  const doomed = await startHouse({ FINALITY_CRASH_AT: point });
  const feed = await startFeed();
  expect(await doomed.finished).toMatchObject({ signal: "SIGKILL" });
  const house = await startHouse();
  expect(await feed.finished).toMatchObject({ code: 0 });
  await stopHouse(house);
  expect(await checkHouse(join(root, "dev"), "SPX")).toEqual([]);
});

test("killed at seeded random moments, again and again", async () => {
  const random = seededRandom(20210104);
  let house = await startHouse();
  const feed = await startFeed();
  for (let kill = 0; kill < 4; kill += 1) {
    await sleep(random.integer(50, 900));
    house.process.kill("SIGKILL");
    await house.finished;
    house = await startHouse();
  }
  expect(await feed.finished).toMatchObject({ code: 0 });
  await stopHouse(house);
  expect(await checkHouse(join(root, "dev"), "SPX")).toEqual([]);
});

test("PostgreSQL restarted underneath, twice", async () => {
  const house = await startHouse();
  const feed = await startFeed();
  for (let restart = 0; restart < 2; restart += 1) {
    await sleep(600);
    const postgres = await startEmbeddedPostgres({ folder: join(root, "dev") });
    await postgres.stop(restart === 0 ? "fast" : "immediate");
    await startEmbeddedPostgres({ folder: join(root, "dev"), port: postgres.port });
  }
  // The feed may give up with the connection: it goes on behind its own last message when it is started again.
  const first = await feed.finished;
  if (first.code !== 0) expect(await (await startFeed()).finished).toMatchObject({ code: 0 });
  await stopHouse(house);
  expect(await checkHouse(join(root, "dev"), "SPX")).toEqual([]);
});

test("a feed that is killed goes on behind its own last message", async () => {
  const house = await startHouse();
  const feed = await startFeed();
  await sleep(700);
  feed.process.kill("SIGKILL");
  await feed.finished;
  expect(await (await startFeed()).finished).toMatchObject({ code: 0 });
  await stopHouse(house);
  expect(await checkHouse(join(root, "dev"), "SPX")).toEqual([]);
  const hash = await runCli(root, ["replay", "hash", "--json", "--data", join(root, "dev")]);
  const undisturbed = await runCli(root, ["demo", "--dataset", day, "--speed", "max", "--exit", "--json", "--port", "0"]);
  expect((JSON.parse(hash.stdout) as { logs: unknown }).logs).toEqual((JSON.parse(undisturbed.stdout) as { logs: unknown }).logs);
});
