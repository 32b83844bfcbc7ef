import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lacksKafka, lacksRedis } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { startGround, type Ground } from "./testing/chaos/ground.ts";
import { runCli, startCli, type Running } from "./testing/run-cli.ts";

const project = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(join(project, "docs/operations.md"), "utf8");
const readme = readFileSync(join(project, "README.md"), "utf8");
const launcher = "npx -y pnpm@10 ";

/** Lines of a page's `sh` blocks that start our own programs, without the launcher. */
const commandsOf = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n")).flatMap((line) => (line.startsWith(launcher) ? [line.slice(launcher.length)] : []));

type Rule = { readonly alert: string; readonly expr: string; readonly annotations: { readonly runbook: string } };
const { groups } = parse(readFileSync(join(project, "infra/prometheus/alerts.yaml"), "utf8")) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

test("each alarm has its runbook, and each runbook its alarm", () => {
  const alarms = page.slice(page.indexOf("## Alarms"));
  const runbooks = [...alarms.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  expect(runbooks).toEqual(rules.map(({ alert }) => alert));
  for (const { alert, annotations } of rules) expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
});

describe.skipIf((await lacksKafka()) || (await lacksRedis()))("the pages for operators", () => {
  let root: string;
  let ground: Ground;
  let cluster: Running;
  let processes: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "finality-operations-"));
    ground = await startGround();
    cluster = startCli(root, ["cluster", "--port", "0"], ground.environment);
    processes = await cluster.printed(/^process .*\n[^]*The cluster is ready/m);
  });
  afterAll(async () => {
    cluster.process.kill("SIGINT");
    await cluster.finished;
    await ground.dispose();
    rmSync(root, { recursive: true, force: true });
  });

  test("every metric that an alarm asks for is there", async () => {
    const healths = [...processes.matchAll(/http:\/\/127\.0\.0\.1:\d+(?=\/readyz)/g)].map(([url]) => url);
    const texts = await Promise.all(healths.map(async (url) => (await fetch(`${url}/metrics`)).text()));
    const there = new Set(texts.flatMap((text) => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)));
    for (const { expr } of rules) for (const [name] of expr.matchAll(/\b(finality|process)_[a-z_]+/g)) expect(there).toContain(name);
  });

  test("every command on them runs, in the order in which they stand", async () => {
    const commands = [...commandsOf(page), ...commandsOf(readme.slice(readme.indexOf("## Run it as a cluster")))].filter((each) => each.startsWith("finality "));
    expect(commands.length).toBeGreaterThan(15);
    for (const command of commands) {
      const { code, stderr } = await runCli(root, command.split(" ").slice(1), ground.environment);
      expect({ command, code, stderr: code === 0 ? "" : stderr }).toEqual({ command, code: 0, stderr: "" });
    }
  });
});
