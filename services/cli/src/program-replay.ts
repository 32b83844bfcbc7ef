import { type Command, Option } from "commander";
import type { runReplayDiff } from "./commands/replay-diff.ts";
import type { runReplayRun } from "./commands/replay-run.ts";
import type { runReplayHash, runReplayVerify } from "./commands/replay.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import { data, json, sources, speed, wholeNumber } from "./program-options.ts";

const position = wholeNumber({ from: 1, to: 999_999_999 });
const from = (): Option => new Option("--from <position>", "first position (default: 1)").argParser(position);
const to = (): Option => new Option("--to <position>", "last position (default: the head)").argParser(position);
const quiet = (): Option => new Option("--quiet", "no progress bar");

/** Where the log is read; the same for every command. */
const withSources = (command: Command): Command => {
  for (const option of [...sources(), new Option("--file <export>", "a file that `finality log export` wrote, instead of a database or archive"), data()]) command.addOption(option);
  return command;
};

const collected = (folder: string, before: readonly string[] = []): readonly string[] => [...before, folder];

/** `replay run | verify | diff | hash`. */
export const addReplay = (program: Command, config: Config, outcome: Outcome): void => {
  const replay = program.command("replay").description("fold logs again and compare");
  withSources(replay.command("run"))
    .description("fold a recorded log, and write down what this release would decide on the recorded state")
    .option("--log <log>", "which log, where there are several")
    .addOption(from())
    .addOption(to())
    .addOption(new Option("--speed <max or number>", "recorded seconds per second").argParser(speed).default("max"))
    .option("--out <folder>", "folder for run.json and decisions.jsonl; with that of an interrupted run it goes on there (default: runs/<log>-<time> among the data)")
    .addOption(quiet())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality replay run --log SPX --out run-1\n  finality replay run --log SPX --from 10000 --to 20000 --speed 60\n  finality replay run --file spx.jsonl --json\n")
    .action(async (options: Parameters<typeof runReplayRun>[1]) => { outcome.code = await (await import("./commands/replay-run.ts")).runReplayRun(config, options); });
  withSources(replay.command("verify"))
    .description("recompute every decision and hash; exit 6 and the first difference when one does not agree, or could not be checked")
    .option("--log <log>", "one log (default: all)")
    .addOption(from())
    .addOption(to())
    .option("--release <folder>", "another release, unpacked there, checks what this one cannot; may be given several times", collected)
    .addOption(quiet())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality replay verify\n  finality replay verify --log SPX --release ../finality-0.1.0 --json\n")
    .action(async (options: Parameters<typeof runReplayVerify>[1]) => { outcome.code = await (await import("./commands/replay.ts")).runReplayVerify(config, options); });
  withSources(replay.command("diff"))
    .description("compare two runs decision by decision, or a run with a log; exit 6 when they differ")
    .argument("<a>", "a run's folder, an exported log, or a log's name")
    .argument("<b>", "the same")
    .addOption(new Option("--align <how>", "input: both are of one recorded log; order: the n-th decision of each book (default: input where the logs are the same)").choices(["input", "order"]))
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality replay diff run-1 run-2\n  finality replay diff SPX run-1 --json\n")
    .action(async (a: string, b: string, options: Parameters<typeof runReplayDiff>[2]) => { outcome.code = await (await import("./commands/replay-diff.ts")).runReplayDiff(config, [a, b], options); });
  replay
    .command("hash")
    .description("the hashes of a log, its decisions and the state at its head")
    .option("--log <log>", "one log (default: all)")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runReplayHash>[1]) => { await (await import("./commands/replay.ts")).runReplayHash(config, options); });
};
