import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createPostgresBus } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import { serviceSettings, type ServiceName } from "@finality/runtime";
import { createLogins, eventually, privatePostgres, type Login, type PrivatePostgres } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./repository.ts";

// Every service as its own login role, with nothing but its group's rights: whatever one of them needs and was not granted shows here.

const services = Object.keys(serviceSettings) as readonly ServiceName[]; // `Object.keys` forgets the names
const loginOf: Readonly<Record<ServiceName, Login>> = { sequencer: "sequencer", dispatcher: "dispatcher", executor: "executor", "paper-venue": "paper_venue", projector: "projector", notary: "notary", api: "api" };
const partitions = 4;

type Started = { readonly child: ChildProcess; readonly output: () => string; readonly ended: Promise<number | null> };

let postgres: PrivatePostgres;
let urls: Readonly<Record<Login, string>>;
const running: Started[] = [];

const start = (databaseUrl: string, main: string, ...parameters: readonly string[]): Started => {
  const child = spawn(process.execPath, [join(root, main), ...parameters], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: databaseUrl, FINALITY_BUS: "postgres", FINALITY_QUEUE: "postgres", FINALITY_HEALTH_PORT: "0", FINALITY_API_PORT: "0", NO_COLOR: "1", CI: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => { text += chunk.toString("utf8"); });
  const started = { child, output: () => text, ended: once(child, "close").then(([code]: (number | null)[]) => code ?? null) };
  running.push(started);
  return started;
};
const finality = (login: string, ...parameters: readonly string[]): Started => start(login, "services/cli/src/main.ts", ...parameters);

const refusals = (): readonly string[] => readFileSync(join(postgres.folder, "postgres/postgres.log"), "utf8").split("\n").filter((line) => line.includes("permission denied"));

beforeAll(async () => {
  postgres = await privatePostgres();
  const migrated = finality(postgres.url, "migrate");
  expect(await migrated.ended, migrated.output()).toBe(0);
  const bus = createPostgresBus(postgres.database);
  await bus.ensureTopics(topicNames, partitions);
  await bus.close();
  urls = await createLogins(postgres.url, { busAndQueueInPostgres: true });
});

afterAll(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await postgres.dispose();
});

test("a day is hedged by services that have their own rights only, and a person halts it with theirs", async () => {
  const all = services.map((service) => ({ service, ...start(urls[loginOf[service]], `services/${service}/src/main.ts`) }));
  for (const { service, output } of all) await eventually(() => output().includes('"ready"') || Promise.reject(new Error(`${service}: ${output()}`)), { timeoutMs: 60_000 });
  const feed = finality(urls.conductor, "feed", "--speed", "max");
  const filled = "SELECT FROM read_model.order o JOIN execution.attempt a USING (command_id) JOIN venue.order v ON v.client_order_id = o.command_id WHERE o.state = 'filled' AND a.state = 'accepted' AND v.state = 'filled'";
  await eventually(async () => (await postgres.database.query(filled)).rowCount > 0 || Promise.reject(new Error(`no order was filled yet: ${feed.output()}`)), { timeoutMs: 120_000 });
  feed.child.kill("SIGINT");
  expect(await feed.ended, feed.output()).toBe(130);

  const halt = finality(urls.operator, "books", "halt");
  expect(await halt.ended, halt.output()).toBe(0);
  const letters = finality(urls.operator, "dlq", "list");
  expect(await letters.ended, letters.output()).toBe(0);
  const positions = finality(urls.api, "positions", "--json");
  expect(await positions.ended, positions.output()).toBe(0);

  for (const { child } of all) child.kill("SIGTERM");
  for (const { service, ended, output } of all) expect(await ended, `${service}: ${output()}`).toBe(143);
  // The server's own log names what a service was refused and passed over.
  expect(refusals()).toEqual([]);

  const refused = finality(urls.api, "books", "halt");
  expect(await refused.ended, refused.output()).not.toBe(0);
  expect(refusals().join()).toContain("permission denied");
});
