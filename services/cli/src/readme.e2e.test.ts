import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli, type Finished } from "./testing/run-cli.ts";

const project = fileURLToPath(new URL("../../../", import.meta.url));
const readme = readFileSync(join(project, "README.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { scripts: Record<string, string> };
const root = mkdtempSync(join(tmpdir(), "finality-readme-"));
const launcher = "npx -y pnpm@10 ";

/** Lines of `sh` blocks, without the launcher. Those about the cluster are run by operations.e2e.test.ts. */
const commandsOf = (markdown: string): readonly string[] => [...markdown.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n")).flatMap((line) => (line.startsWith(launcher) ? [line.slice(launcher.length)] : []));
const all = commandsOf(readme);
const commands = commandsOf(readme.slice(0, readme.indexOf("## Run it as a cluster")));
/** Commands of the README's table, alternatives apart, placeholders left out. */
const listed = [...readme.matchAll(/^\| `([^|]+) \|/gm)].flatMap(([, cell = ""]) => [...`\`${cell}`.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text));

let demo: Finished;

beforeAll(async () => {
  demo = await runCli(root, ["demo", "--speed", "max", "--exit", "--port", "0"]);
}, 300_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

test("every command starts a script that exists", () => {
  expect(commands.length).toBeGreaterThan(3);
  for (const command of [...all, ...listed.filter((text) => !text.startsWith("log ") && !/^(resume|hedges|hash|show|redrive|discard|topics apply|topics check|config show)$/.test(text))]) {
    expect(Object.keys(scripts)).toContain(command.split(" ")[0]);
  }
});

test("every command of finality runs on what the demo left", async () => {
  expect(demo.code).toBe(0);
  for (const command of commands.filter((each) => each.startsWith("finality "))) {
    expect(await runCli(root, command.split(" ").slice(1)), command).toMatchObject({ code: 0 });
  }
  for (const command of listed.filter((each) => each.startsWith("finality "))) {
    expect(await runCli(root, [...command.split(" ").slice(1), "--help"]), command).toMatchObject({ code: 0 });
  }
});

test("the output that it shows is the output", () => {
  const shown = /<!-- demo-output -->\n```text\n([^]*?)```\n<!-- \/demo-output -->/.exec(readme)?.[1];
  const withoutFolder = (text: string): string => text.replace(/The data is in .*\. Next:/, "The data is in .data/demo. Next:");
  expect(withoutFolder(demo.stdout)).toBe(shown);
});
