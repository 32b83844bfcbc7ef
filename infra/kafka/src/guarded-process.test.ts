import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const parent = `
  import { spawnGuarded } from ${JSON.stringify(new URL("guarded-process.ts", import.meta.url).href)};
  const server = await spawnGuarded("sleep", ["1000"], { output: 2 });
  console.log(server.pid);
  if (process.argv[1] === "stay") setInterval(() => undefined, 1_000);
`;

/** A process that started a guarded server; what it prints ends when it and all that inherit its output are gone. */
const startParent = async (how: "stay" | "leave") => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", parent, how], { stdio: ["ignore", "pipe", "pipe"] });
  const [pid]: unknown[] = await once(child.stdout, "data");
  return { child, pid: Number(String(pid)), serverIsGone: once(child.stderr.resume(), "end") };
};

test("a guarded server ends with a parent that is killed", async () => {
  const { child, pid, serverIsGone } = await startParent("stay");
  expect(process.kill(pid, 0)).toBe(true);
  child.kill("SIGKILL");
  await serverIsGone;
});

test("a guarded server keeps no parent from ending, and ends with it", async () => {
  const { child, serverIsGone } = await startParent("leave");
  expect(await once(child, "exit")).toEqual([0, null]);
  await serverIsGone;
});
