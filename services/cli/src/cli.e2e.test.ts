import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPostgresBus } from "@finality/bus";
import { topics } from "@finality/contracts";
import { startEmbeddedPostgres } from "@finality/database";
import { eventually } from "@finality/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { openDataFolder } from "./house/data-folder.ts";
import { runCli, startCli } from "./testing/run-cli.ts";
import { writeShortDay } from "./testing/short-day.ts";

const root = mkdtempSync(join(tmpdir(), "finality-cli-"));
const shortDay = writeShortDay(join(root, "short-day"), 10);

afterAll(async () => {
  for (const name of ["demo", "dev", "blocked"]) await (await startEmbeddedPostgres({ folder: join(root, name) })).stop("immediate");
  rmSync(root, { recursive: true, force: true });
});

describe("what is asked for wrongly is answered by one clear sentence and its exit code", () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ["an unknown command", ["scalp"], 2, /unknown command 'scalp'/],
    ["a speed of zero", ["demo", "--speed", "0"], 2, /--speed.*must be max/s],
    ["a dataset that is not there", ["demo", "--dataset", "spx-1929-10-29"], 3, /no dataset "spx-1929-10-29".*spx-2021-01-04/],
    ["reading before there is data", ["positions"], 3, /run `npx -y pnpm@10 demo` first/],
    ["a dead letter's name that is none", ["dlq", "show", "abc"], 3, /run `npx -y pnpm@10 demo` first/],
    ["a feed without a house", ["feed", "--data", join(root, "nobody")], 3, /holds no data/],
  ];
  test.each(cases)("%s", async (_name, args, code, words) => {
    const finished = await runCli(join(root, "empty"), args);
    expect(finished.code).toBe(code);
    expect(finished.stderr).toMatch(words);
    expect(finished.stdout).toBe("");
    expect(finished.stderr).not.toMatch(/\n\s+at /);
  });

  test("a manifest with a wrong field names it and its value", async () => {
    const folder = writeShortDay(join(root, "wrong-day"), 10);
    const path = join(folder, "dataset.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"halfSpread": "0.125"', '"halfSpread": "a bit"'));
    const finished = await runCli(root, ["demo", "--dataset", folder]);
    expect(finished.code).toBe(5);
    expect(finished.stderr).toMatch(/\/modelledQuotes\/0\/halfSpread.*"a bit"/);
  });

  test("a port in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const finished = await runCli(root, ["demo", "--dataset", shortDay, "--port", String(port), "--data", join(root, "blocked")]);
    server.close();
    expect(finished.code).toBe(4);
    expect(finished.stderr).toContain(`port ${String(port)}`);
  });

  test("a data folder that cannot be made", async () => {
    writeFileSync(join(root, "a-file"), "");
    const finished = await runCli(root, ["demo", "--dataset", shortDay, "--port", "0", "--data", join(root, "a-file", "demo")]);
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain("a-file");
    expect(finished.stderr).not.toMatch(/\n\s+at /);
  });
});

test("Ctrl-C in the middle ends the demo cleanly, two at once are refused, and it starts again", async () => {
  const demo = startCli(root, ["demo", "--port", "0"]);
  await demo.printed(/A fresh house/);
  const second = await runCli(root, ["demo", "--port", "0"]);
  expect(second.code).toBe(4);
  expect(second.stderr).toContain("in use by another running process");
  demo.process.kill("SIGINT");
  expect(await demo.finished).toMatchObject({ code: 130, signal: null });
  const again = await runCli(root, ["demo", "--dataset", shortDay, "--speed", "max", "--exit", "--port", "0"]);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/scalper/);
  expect(again.stdout).toMatch(/state hash/);
});

test("dev goes on where it was; bad messages are listed with their reasons, redriven after the fix, and stop nothing", async () => {
  mkdirSync(join(root, "dev"), { recursive: true });
  const house = startCli(root, ["dev", "--port", "0"]);
  await house.printed(/The house is open/);
  expect(await runCli(root, ["feed", "--dataset", shortDay])).toMatchObject({ code: 0 });

  const data = await openDataFolder({ folder: join(root, "dev"), exclusive: false });
  const bus = createPostgresBus(data.database);
  const send = async (value: string): Promise<void> => {
    await bus.produce([{ topic: topics.control, partition: 0, key: "SPX", value: Buffer.from(value), headers: {} }]);
  };
  const trade = { type: "book_trade", version: 1, log: "SPX", body: { tradeId: "late-1", book: "newcomer", instrument: "SPX-FUT", side: "buy", quantity: "1", price: "3700", fee: "0", venueTimeUs: 1_609_771_200_000_000 } };
  const newcomer = { type: "open_book", version: 1, log: "SPX", body: { book: "newcomer", account: "paper-newcomer", hedgeInstrument: "SPX-FUT", policy: { type: "none" }, limits: { maxOrderQuantity: "1", maxHedgePosition: "1", maxQuoteAgeMs: 60_000 } } };
  await send("{ not json");
  await send(JSON.stringify({ ...trade, type: "telepathy" }));
  await send(JSON.stringify({ ...trade, version: 99 }));
  await send(JSON.stringify({ ...trade, body: { ...trade.body, price: "-1" } }));
  await send(JSON.stringify(trade));

  type Listed = { readonly deadLetters: readonly { readonly id: string; readonly reason: string }[] };
  const list = async (): Promise<Listed["deadLetters"]> => (JSON.parse((await runCli(root, ["dlq", "list", "--json"])).stdout) as Listed).deadLetters;
  const letters = await eventually(async () => {
    const found = await list();
    return found.length === 5 ? found : undefined;
  });
  expect(letters.map(({ reason }) => reason)).toEqual(["not_json", "unknown_type", "unknown_version", "not_positive", "control_conflict"]);

  await send(JSON.stringify(newcomer));
  const last = letters.at(-1)?.id ?? "";
  expect((await runCli(root, ["dlq", "redrive", last])).code).toBe(0);
  await eventually(async () => {
    const { rows } = await data.database.query<{ readonly redriven: string }>("SELECT provenance ->> 'redriveOf' AS redriven FROM event_log.record_json WHERE type = 'TradeBooked' AND body ->> 'tradeId' = 'late-1'");
    return rows[0]?.redriven === last;
  });
  expect((await runCli(root, ["dlq", "redrive", last])).code).toBe(4);
  const first = letters[0]?.id ?? "";
  expect((await runCli(root, ["dlq", "show", first])).stdout).toContain("{ not json");
  expect((await runCli(root, ["dlq", "discard", first])).code).toBe(2);
  expect((await runCli(root, ["dlq", "discard", first, "--yes"])).code).toBe(0);
  expect((await list()).map(({ reason }) => reason)).toEqual(["unknown_type", "unknown_version", "not_positive"]);

  const halted = await runCli(root, ["books", "halt", "scalper"]);
  expect(halted).toMatchObject({ code: 0 });
  await eventually(async () => (await data.database.query("SELECT FROM read_model.book WHERE book = 'scalper' AND status = 'halted'")).rowCount === 1);
  expect((await runCli(root, ["books", "halt", "nobody"])).code).toBe(3);
  expect((await runCli(root, ["books", "resume", "scalper"])).code).toBe(0);
  expect((await runCli(root, ["doctor"])).stdout).toContain("postgresql");
  await bus.close();
  await data.close();

  house.process.kill("SIGTERM");
  await house.finished;
  const before = (JSON.parse((await runCli(root, ["replay", "hash", "--json"])).stdout) as { logs: { head: number }[] }).logs[0]?.head ?? 0;
  const again = startCli(root, ["dev", "--port", "0"]);
  await again.printed(/The house is open/);
  expect(await runCli(root, ["feed", "--dataset", shortDay])).toMatchObject({ code: 0 });
  again.process.kill("SIGINT");
  expect(await again.finished).toMatchObject({ code: 130 });
  const { logs } = JSON.parse((await runCli(root, ["replay", "hash", "--json"])).stdout) as { logs: { head: number }[] };
  expect(logs[0]?.head).toBe(before);
  expect((await runCli(root, ["replay", "verify"])).code).toBe(0);
  expect((await runCli(root, ["log", "show", "--type", "HedgeDecided", "--limit", "1"])).stdout).toContain("HedgeDecided");
});
