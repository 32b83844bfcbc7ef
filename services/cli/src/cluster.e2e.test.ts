import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually, lacksKafka, lacksRedis } from "@finality/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startCluster, type Cluster } from "./cluster/cluster.ts";
import { runCli, startCli, type Running } from "./testing/run-cli.ts";
import { startGround, type Ground } from "./testing/chaos/ground.ts";

const golden = JSON.parse(readFileSync(fileURLToPath(new URL("golden/spx-2021-01-04.json", import.meta.url)), "utf8"));
const root = mkdtempSync(join(tmpdir(), "finality-cluster-"));
const counts = { sequencer: 2, executor: 1, dispatcher: 1, "paper-venue": 1, projector: 1, api: 1 };

test("what a cluster lacks is named at once", async () => {
  const finished = await runCli(root, ["cluster"], { DATABASE_URL: "", KAFKA_BROKERS: "", REDIS_URL: "" });
  expect(finished.code).toBe(2);
  for (const name of ["DATABASE_URL", "KAFKA_BROKERS", "REDIS_URL"]) expect(finished.stderr).toContain(name);
});

describe.skipIf((await lacksKafka()) || (await lacksRedis()))("a cluster on Kafka, PostgreSQL and Redis", () => {
  let ground: Ground;
  let cluster: Cluster | undefined;
  let running: Running | undefined;

  beforeAll(async () => {
    ground = await startGround();
  });
  afterEach(async () => {
    running?.process.kill("SIGKILL");
    await cluster?.stop();
    [cluster, running] = [undefined, undefined];
  });
  afterAll(async () => {
    await ground.dispose();
    rmSync(root, { recursive: true, force: true });
  });

  const begin = async (): Promise<Cluster> => {
    cluster = startCluster({ environment: ground.environment, counts });
    await cluster.ready();
    return cluster;
  };
  const isReady = async (health: string | undefined): Promise<boolean> => (await fetch(`${health ?? ""}/readyz`)).ok;
  const isAlive = (pid: number): boolean => spawnSync("kill", ["-0", String(pid)]).status === 0;

  test("the recorded day, fed in lock-step through the broker and separate processes, ends with the golden hashes", async () => {
    await begin();
    const feed = await runCli(root, ["feed"], ground.environment);
    expect(feed).toMatchObject({ code: 0 });
    const hash = await runCli(root, ["replay", "hash", "--json"], ground.environment);
    expect(JSON.parse(hash.stdout)).toEqual({ logs: golden.logs });
    const verify = await runCli(root, ["replay", "verify", "--json"], ground.environment);
    expect(JSON.parse(verify.stdout)).toMatchObject({ ok: true, records: golden.logs[0].head });
  });

  test("when one process of each service is killed its peers stay ready, and it comes back", async () => {
    const { processes, kill, ready } = await begin();
    const [first, second] = processes().filter(({ service }) => service === "sequencer");
    kill("sequencer-1", "SIGKILL");
    await eventually(() => processes().find(({ name }) => name === "sequencer-1")?.restarts === 1);
    expect(await isReady(second?.health)).toBe(true);
    await ready();
    const again = processes().find(({ name }) => name === "sequencer-1");
    expect(again?.pid).not.toBe(first?.pid);
    await eventually(() => isReady(again?.health));
  });

  test("a process whose database is away says that it is not ready, and why; back, it is again", async () => {
    const { processes } = await begin();
    const api = processes().find(({ service }) => service === "api");
    await ground.postgres.stop();
    try {
      await eventually(async () => (await fetch(`${api?.health ?? ""}/readyz`)).status === 503);
    } finally {
      await ground.postgres.start();
    }
    await eventually(() => isReady(api?.health));
  });

  const pidsIn = (stderr: string): readonly number[] => [...stderr.matchAll(/^(?:sequencer|dispatcher|executor|paper-venue|projector|api)-\d +(\d+) +http/gm)].map(([, pid]) => Number(pid));

  test("`finality cluster` says when all are ready, ends with 130 at Ctrl-C, and takes all with it", async () => {
    running = startCli(root, ["cluster", "--sequencers", "1", "--executors", "1", "--port", "0"], ground.environment);
    await running.printed(/The cluster is ready/);
    running.process.kill("SIGINT");
    const { code, stderr } = await running.finished;
    const pids = pidsIn(stderr);
    expect({ code, processes: pids.length }).toEqual({ code: 130, processes: 6 });
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("killed with -9, it leaves no process behind", async () => {
    running = startCli(root, ["cluster", "--sequencers", "1", "--executors", "1", "--port", "0"], ground.environment);
    await running.printed(/The cluster is ready/);
    running.process.kill("SIGKILL");
    const pids = pidsIn((await running.finished).stderr);
    expect(pids).toHaveLength(6);
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  });
});
