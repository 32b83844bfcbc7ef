import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockRunFolder } from "./run-folder-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "finality-run-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("a folder takes one run at a time", async () => {
  const release = await lockRunFolder(folder);
  await expect(lockRunFolder(folder)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining(`(process ${String(process.pid)})`) });
  await release();
  await (await lockRunFolder(folder))();
  expect(readdirSync(folder)).toEqual([]);
});

test("of another process it is taken while that lives; what a killed one left is removed", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(other, "spawn");
  writeFileSync(join(folder, `.running-${String(other.pid)}-one`), "");
  await expect(lockRunFolder(folder)).rejects.toMatchObject({ message: expect.stringContaining(`(process ${String(other.pid)})`) });
  other.kill("SIGKILL");
  await once(other, "exit");
  await (await lockRunFolder(folder))();
  expect(readdirSync(folder)).toEqual([]);
});

test("of several that begin at once at most one is let in", async () => {
  const began = await Promise.allSettled(Array.from({ length: 8 }, () => lockRunFolder(folder)));
  expect(began.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
});
