import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openArchive } from "@finality/archive";
import { exportLog } from "@finality/event-log";
import { arm64Node, otherNode, type OtherNode } from "@finality/testkit";
import { expect, type TestContext } from "vitest";
import { runCli } from "./run-cli.ts";

const script = fileURLToPath(new URL("../replay/fold-export.ts", import.meta.url));

/** A house that ran a recorded day, and the committed hashes of its one log. */
type RecordedDay = { readonly data: string; readonly summary: { readonly log: string } };

/** Archives a house's one log and writes the archived records to a file: the archive's own reader is native code, which other machines need not have. */
const archivedExport = async (root: string, { data, summary: { log } }: RecordedDay): Promise<string> => {
  const folder = `${data}-archive`;
  expect(await runCli(root, ["archive", "export", "--archive", folder, "--data", data])).toMatchObject({ code: 0 });
  const archive = await openArchive(folder);
  try {
    const head = async () => {
      const last = (await archive.ranges(log)).at(-1);
      return last === undefined ? undefined : { generation: 1, position: last.last, root: Buffer.from(last.root, "hex") };
    };
    const file = join(folder, `${log}.jsonl`);
    const output = createWriteStream(file);
    await exportLog({ read: archive.read, head }, log, output);
    output.end();
    await finished(output);
    return file;
  } finally {
    archive.close();
  }
};

/** Most of an emulated run is reading the sources, which Node's cache of compiled modules remembers for the next one. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };

const foldUnder = async ({ command, args }: OtherNode, files: readonly string[]): Promise<readonly unknown[]> => {
  const { stdout } = await promisify(execFile)(command, [...args, script, ...files], { timeout: 240_000, env });
  return stdout.trimEnd().split("\n").map((line): unknown => JSON.parse(line));
};

/** The pure fold over the archives of recorded days gives their hashes under the Node that runs here, the newest, and an arm64 one (emulated on other machines). */
export const expectSameFoldElsewhere = async (context: TestContext, root: string, days: readonly RecordedDay[]): Promise<void> => {
  const files: string[] = [];
  for (const day of days) files.push(await archivedExport(root, day));
  const arm64 = arm64Node();
  const nodes: Readonly<Record<string, OtherNode>> = { here: { command: process.execPath, args: [] }, "26.10.0": otherNode("26.10.0"), ...(arm64 === undefined ? {} : { arm64 }) };
  const folds = await Promise.all(Object.entries(nodes).map(async ([name, node]) => [name, await foldUnder(node, files)] as const));
  expect(folds).toEqual(Object.keys(nodes).map((name) => [name, days.map(({ summary }) => summary)]));
  if (arm64 !== undefined) return;
  if (process.env["CI"] === "true") throw new Error("CI must run the fold on emulated arm64: qemu-aarch64-static and the arm64 libraries are missing");
  process.stderr.write("SKIPPED: the fold on arm64 needs qemu-aarch64-static, libc6-arm64-cross and libstdc++6-arm64-cross (Debian)\n");
  context.skip();
};
