import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectSameFoldElsewhere } from "./testing/fold-elsewhere.ts";
import { runCli } from "./testing/run-cli.ts";
import { dayFolder } from "./testing/short-day.ts";
import { naiveDay } from "./twin/naive-day.ts";

type Demo = {
  readonly dataset: string;
  readonly logs: readonly [{ readonly log: string; readonly head: number; readonly ticks: number; readonly fills: number; readonly decisions: number; readonly logHash: string; readonly decisionsHash: string; readonly stateHash: string }];
  readonly books: readonly { readonly book: string; readonly optionPnl: string; readonly hedgePnl: string; readonly settlement: string; readonly fees: string; readonly netPnl: string; readonly hedges: number; readonly maxAbsNetDelta: number; readonly meanAbsNetDelta: number }[];
};

const golden: unknown = JSON.parse(readFileSync(fileURLToPath(new URL("golden/spx-2021-01-04.json", import.meta.url)), "utf8"));
const root = mkdtempSync(join(tmpdir(), "finality-demo-"));
const readJson = (text: string): Demo => JSON.parse(text) as Demo; // our own document; its fields are what this test checks

let first: Demo;

beforeAll(async () => {
  const { code, stdout, stderr } = await runCli(root, ["demo", "--speed", "max", "--exit", "--json", "--port", "0"]);
  expect(stderr).not.toContain("finality:");
  expect(code).toBe(0);
  first = readJson(stdout);
}, 300_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("the recorded day of 2021-01-04", () => {
  test("has the committed hashes", () => {
    expect({ dataset: first.dataset, logs: first.logs }).toEqual(golden);
  });

  test("is the same bytes at another speed", async () => {
    const second = await runCli(root, ["demo", "--speed", "3000", "--exit", "--json", "--port", "0", "--data", join(root, "again")]);
    expect(second.code).toBe(0);
    expect(readJson(second.stdout)).toEqual(first);
  });

  test("gives positions, cash, fees and profit exactly as the naive twin counts them", async () => {
    const twin = naiveDay(dayFolder);
    const exact = ({ book, hedges, optionPnl, hedgePnl, settlement, fees, netPnl }: Omit<Demo["books"][number], "maxAbsNetDelta" | "meanAbsNetDelta">) => ({ book, hedges, optionPnl, hedgePnl, settlement, fees, netPnl });
    expect(first.books.map(exact)).toEqual(twin.map(exact));
    const { code, stdout } = await runCli(root, ["positions", "--json", "--data", join(root, "demo")]);
    expect(code).toBe(0);
    const { books } = JSON.parse(stdout) as { books: { book: string; positions: { instrument: string; quantity: string }[]; pnl: { cash: string } }[] };
    for (const { book, futures, cash } of twin) {
      const own = books.find((each) => each.book === book);
      expect(own?.pnl.cash).toBe(cash);
      expect(Number(own?.positions.find(({ instrument }) => instrument === "SPX-FUT")?.quantity ?? "0")).toBe(futures);
    }
  });

  test("verifies, and its hedges can be read after it ended", async () => {
    const verify = await runCli(root, ["replay", "verify", "--json", "--data", join(root, "demo")]);
    expect(verify.code).toBe(0);
    expect(JSON.parse(verify.stdout)).toMatchObject({ ok: true, records: first.logs[0].head, decisions: first.logs[0].decisions, firstDifference: null });
    const hash = await runCli(root, ["replay", "hash", "--json", "--data", join(root, "demo")]);
    expect(JSON.parse(hash.stdout)).toEqual({ logs: first.logs });
    const hedges = await runCli(root, ["hedges", "--book", "scalper", "--json", "--data", join(root, "demo")]);
    const read = JSON.parse(hedges.stdout) as { hedges: { state: string }[] };
    expect(read.hedges).toHaveLength(first.books.find(({ book }) => book === "scalper")?.hedges ?? -1);
    expect(new Set(read.hedges.map(({ state }) => state))).toEqual(new Set(["filled"]));
  });

  test("folds to the same hashes from an export", async () => {
    const file = join(root, "spx.jsonl");
    expect((await runCli(root, ["log", "export", "--out", file, "--data", join(root, "demo")])).code).toBe(0);
    const again = await runCli(root, ["log", "export", "--out", file, "--data", join(root, "demo")]);
    expect(again.code).toBe(4);
    expect(again.stderr).toContain("exists already");
    const script = fileURLToPath(new URL("replay/fold-export.ts", import.meta.url));
    const here = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
    expect(JSON.parse(here.stdout)).toEqual(first.logs[0]);
  });

  test("folds to them from its archive under this Node, the newest, and on arm64", (context) => expectSameFoldElsewhere(context, root, [{ data: join(root, "demo"), summary: first.logs[0] }]), 300_000);
});
