import { InvalidArgumentError, Option, type Command } from "commander";
import type { runFeed } from "./commands/feed.ts";
import type { runLoad } from "./commands/load.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import { data, json, speed, wholeNumber } from "./program-options.ts";

/** So many stay below the largest message. */
const ticksPerMessageMax = 5_000;

const positive = (text: string): number => {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError("It must be a number greater than 0.");
  return number;
};

/** The commands that bring ticks into a house. */
export const addFeeding = (program: Command, config: Config, outcome: Outcome): void => {
  const dataset = (): Option => new Option("--dataset <name or folder>", "a dataset that ships with Finality, or a folder with a dataset.json").default("spx-2021-01-04");
  const underlyings = (): Option => new Option("--underlyings <n>", "so many copies of the day, each with a log, instruments, books and accounts of its own").argParser(wholeNumber({ from: 1, to: 999 }));
  program
    .command("feed")
    .description("feed a recorded day to a running house: in lock-step, going on behind its own last message, or on the wall clock")
    .addOption(dataset())
    .addOption(new Option("--speed <max or number>", "recorded seconds per second (default: max, or 1 with --live)").argParser(speed))
    .option("--live", "on the wall clock: the day begins now, in a log that is new, and waits for nobody")
    .addOption(underlyings())
    .addOption(new Option("--from <n>", "number of the first copy (default: 1)").argParser(wholeNumber({ from: 1, to: 99_999 })))
    .addOption(new Option("--at-once <n>", "most copies in lock-step at a time").argParser(wholeNumber({ from: 1, to: 64 })).default(8))
    .addOption(data())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality feed\n  finality feed --underlyings 20\n  finality feed --live --speed 60 --underlyings 3\n")
    .action(async (options: Parameters<typeof runFeed>[1]) => { outcome.code = await (await import("./commands/feed.ts")).runFeed(config, options); });
  program
    .command("load")
    .description("repeat recorded ticks into a running house at any rate, and say how it keeps up")
    .addOption(dataset())
    .addOption(underlyings().default(1))
    .addOption(new Option("--rate <ticks>", "ticks a second over all underlyings").argParser(positive).makeOptionMandatory())
    .addOption(new Option("--per-message <ticks>", "ticks in one message").argParser(wholeNumber({ from: 1, to: ticksPerMessageMax })).default(1))
    .addOption(new Option("--seconds <n>", "how long (default: until Ctrl-C)").argParser(positive))
    .addOption(data())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality load --rate 1000\n  finality load --underlyings 20 --rate 100000 --per-message 100 --seconds 60 --json\n")
    .action(async (options: Parameters<typeof runLoad>[1]) => { outcome.code = await (await import("./commands/load.ts")).runLoad(config, options); });
};
