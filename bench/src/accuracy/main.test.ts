import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "./main.ts";

const tables = join(import.meta.dirname, "../../../packages/pricing/reference/tables");

let folder: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "finality-tables-"));
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, table: unknown): void => {
  writeFileSync(join(folder, name), typeof table === "string" ? table : JSON.stringify(table));
};
const results = (): readonly Record<string, unknown>[] => JSON.parse(printed) as Record<string, unknown>[];

/** The book prints 2.1334 for this call. */
const haug = (price: number) => ({ columns: ["w", "K", "S", "q", "r", "T", "sigma", "price", "abs_tol"], rows: [[1, 65, 60, 0, 0.08, 0.25, 0.3, price, 0.0001]] });

test("every table of the project passes, is input of another, or says why it does not apply", () => {
  expect(main([tables, "--json"])).toBe(0);
  const verdicts = new Map(results().map(({ table, verdict }) => [table, verdict]));
  expect(verdicts.size).toBeGreaterThan(25);
  expect([...verdicts].filter(([, verdict]) => verdict === "falls short" || verdict === "unknown")).toEqual([]);
  expect(verdicts.get("european_mp_bsm_greeks")).toBe("pass");
}, 60_000);

describe("a folder of one's own", () => {
  test("a right value passes, with hyphens in the name or without", () => {
    write("european-haug1998-values.json", haug(2.1334));
    expect(main([folder, "--json"])).toBe(0);
    expect(results()).toMatchObject([{ table: "european_haug1998_values", verdict: "pass", rows: 1, rowsThatApply: 1 }]);
  });

  test("a value beyond its tolerance falls short, with its inputs and how far", () => {
    write("european_haug1998_values.json", haug(2.1344));
    expect(main([folder])).toBe(6);
    expect(printed).toMatch(/european_haug1998_values\s+1\s+1\s+1\d\.\d+\s+falls short/);
    expect(printed).toContain("w=1 K=65 S=60");
  });

  test("a table that no rule knows is named, and is a finding", () => {
    write("mystery.json", haug(2.1334));
    expect(main([folder, "--json"])).toBe(6);
    expect(results()).toMatchObject([{ table: "mystery", verdict: "unknown" }]);
  });

  test("a file that is no JSON, a table without the columns and one without rows fall short with the reason", () => {
    write("european_haug1998_values.json", "{");
    write("european_strata_bsm_grid.json", { columns: ["K"], rows: [[1]] });
    write("iv_mp_extreme.json", { columns: ["K"], rows: [] });
    expect(main([folder, "--json"])).toBe(6);
    expect(results().map(({ verdict }) => verdict)).toEqual(["falls short", "falls short", "falls short"]);
    expect(results().map(({ reason }) => reason)).toEqual([expect.stringContaining("cannot be read"), expect.stringContaining("no column"), "no row applies"]);
  });

  test("what is not built yet or not ours is told with its reason and is no finding", () => {
    write("almgren_chriss.json", haug(1));
    write("american_baw_haug.json", haug(1));
    expect(main([folder, "--json"])).toBe(0);
    expect(results()).toMatchObject([
      { verdict: "not built yet", reason: expect.stringContaining("impact") as string },
      { verdict: "does not apply", reason: expect.stringContaining("approximation") as string },
    ]);
  });
});

test("a wrong command line is refused", () => {
  expect(main(["--nonsense"])).toBe(2);
  expect(main([folder, folder])).toBe(2);
  expect(main([join(folder, "absent")])).toBe(3);
  expect(main([folder])).toBe(3);
});
