import { parseAsOfPoint, parseInstant, type AsOfPoint } from "@finality/history/as-of-point";
import { Command, InvalidArgumentError, Option } from "commander";
import type { runBooksSwitch } from "./commands/books.ts";
import type { runDemo } from "./commands/demo.ts";
import type { runDev } from "./commands/dev.ts";
import type { runDiscard, runDeadLetters, runRedrive, runShowDeadLetter } from "./commands/dead-letters.ts";
import type { runGreeks } from "./commands/greeks.ts";
import type { runHedges } from "./commands/hedges.ts";
import type { runLogExport, runLogShow } from "./commands/log.ts";
import type { runLogSkip } from "./commands/log-skip.ts";
import type { runPositions } from "./commands/positions.ts";
import type { runReleaseBook } from "./commands/release-book.ts";
import type { runSurface } from "./commands/surface.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import { addArchive, addRaiseGeneration } from "./program-archive.ts";
import { addAudit, addWitness } from "./program-audit.ts";
import { addCluster } from "./program-cluster.ts";
import { addProcesses } from "./program-processes.ts";
import { addFeeding } from "./program-feeds.ts";
import { addPricing } from "./program-pricing.ts";
import { addReplay } from "./program-replay.ts";
import { data, json, refuseEmptyValues, speed } from "./program-options.ts";
import { addProjections } from "./program-projections.ts";

const count = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};

const portNumber = (text: string): number => {
  const number = count(text);
  if (number > 65_534) throw new InvalidArgumentError("It must be a port below 65535, because health is on the next one; 0 takes free ones.");
  return number;
};

const port = (): Option => new Option("--port <number>", "port of the api on 127.0.0.1; health is on the next one; 0 takes free ones").argParser(portNumber).default(8420);

/** The command line. `outcome.code` is the exit code when nothing is thrown. */
export const buildProgram = (config: Config, outcome: Outcome): Command => {
  const program = new Command("finality")
    .description("Event-sourced risk engine for gamma scalping.")
    .exitOverride()
    .showHelpAfterError("(finality <command> --help shows examples)")
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  demo                     watch a recorded options day being hedged\n  finality replay verify   prove that the log recomputes to the same bytes\n  finality hedges          every hedge and what it was made from\n");

  refuseEmptyValues(program);
  addRunning(program, config, outcome);
  addFeeding(program, config, outcome);
  addReading(program, config);
  addReplay(program, config, outcome);
  addDeadLetters(program, config);
  addAudit(program, config, outcome);
  addWitness(program, config, outcome);
  addArchive(program, config, outcome);
  addProjections(program, config, outcome);
  addPricing(program, outcome);
  addCluster(program, config, outcome);
  addProcesses(program, config, outcome);
  program
    .command("doctor")
    .description("look at this machine and the data folder, and say what is wrong")
    .addOption(data())
    .addOption(json())
    .action(async (options: { data?: string; json?: true }) => { outcome.code = await (await import("./commands/doctor.ts")).runDoctor(config, options); });
  return program;
};

const addRunning = (program: Command, config: Config, outcome: Outcome): void => {
  program
    .command("demo")
    .description("feed a recorded day to a fresh house and show how it is hedged")
    .option("--dataset <name or folder>", "a dataset that ships with Finality, or a folder with a dataset.json", "spx-2021-01-04")
    .addOption(new Option("--speed <max or number>", "recorded seconds per second; max is as fast as the machine allows (default: the day in about a minute)").argParser(speed))
    .option("--exit", "end after the summary; else the api goes on until Ctrl-C")
    .addOption(json())
    .addOption(new Option("--data <folder>", "data folder, emptied first (default: .data/demo)"))
    .addOption(port())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  demo\n  demo --speed max --exit\n  demo --dataset ./my-day --json\n")
    .action(async (options: Parameters<typeof runDemo>[1]) => { outcome.code = await (await import("./commands/demo.ts")).runDemo(config, options); });
  program
    .command("dev")
    .description("run the house on its data folder until Ctrl-C; continues where it was")
    .addOption(new Option("--data <folder>", "data folder (default: .data/dev)"))
    .addOption(port())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  dev\n  finality feed            in another terminal: gives it a recorded day\n")
    .action(async (options: Parameters<typeof runDev>[1]) => { outcome.code = await (await import("./commands/dev.ts")).runDev(config, options); });
  const books = program.command("books").description("halt, resume and release books");
  for (const action of ["halt", "resume"] as const) {
    const command = books
      .command(action)
      .description(action === "halt" ? "stop hedging at once: no order is sent after this returns" : "let halted books hedge again")
      .argument("[book]", "one book (default: all)")
      .option("--log <log>", "the log of the book, where several are open")
      .addOption(data())
      .addOption(json())
      .action(async (book: string | undefined, options: Parameters<typeof runBooksSwitch>[3]) => { await (await import("./commands/books.ts")).runBooksSwitch(config, action, book, options); });
    if (action === "halt") command.option("--cancel-orders", "also cancel what rests at the venue");
  }
  books
    .command("release")
    .description("let books hedge again that are held or suspended, after their positions were compared with the venue")
    .argument("[book]", "one book (default: all)")
    .option("--log <log>", "the log of the book, where several are open")
    .option("--adopt-fills", "each first takes over its account's unexpected fills, as trades")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .addOption(json())
    .action(async (book: string | undefined, options: Parameters<typeof runReleaseBook>[2]) => { await (await import("./commands/release-book.ts")).runReleaseBook(config, book, options); });
};

const asOfPoint = (text: string): AsOfPoint => {
  const point = parseAsOfPoint(text);
  if (point === undefined) throw new InvalidArgumentError("It must be a position such as @123, or an RFC 3339 instant such as 2021-01-04T16:00:00Z.");
  return point;
};

const venueTime = (text: string): number => {
  const timeUs = parseInstant(text);
  if (timeUs === undefined) throw new InvalidArgumentError("It must be an RFC 3339 instant such as 2021-01-04T16:00:00Z.");
  return timeUs;
};

const asOfOptions = (venueTimeHelp: string | undefined): readonly Option[] => [
  new Option("--as-of <@position or time>", "as it was behind a position (@123) or at a recorded time (2021-01-04T16:00:00Z): what was known then").argParser(asOfPoint),
  new Option("--as-of-venue-time <time>", venueTimeHelp).argParser(venueTime).hideHelp(venueTimeHelp === undefined),
  new Option("--log <log>", "one log (default: all); --as-of @position needs it where several are open"),
  new Option("--archive <folder>", "with --as-of: an archive that holds what has left the database"),
];

const withOptions = (command: Command, options: readonly Option[]): Command => options.reduce((built, option) => built.addOption(option), command);

const addReading = (program: Command, config: Config): void => {
  withOptions(program.command("positions"), asOfOptions("facts by the venues' time: what had happened by then, with what is known now, or was at --as-of"))
    .description("positions of every book, with marks, profit and loss")
    .option("--book <book>", "one book")
    .addOption(data())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality positions --as-of @1000\n  finality positions --as-of 2021-01-04T16:00:00Z --json\n  finality positions --as-of-venue-time 2021-01-04T16:00:00Z\n")
    .action(async (options: Parameters<typeof runPositions>[1]) => { await (await import("./commands/positions.ts")).runPositions(config, options); });
  withOptions(program.command("hedges"), asOfOptions(undefined))
    .description("every hedge: when, why, how much, at what price")
    .option("--book <book>", "one book")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runHedges>[1]) => { await (await import("./commands/hedges.ts")).runHedges(config, options); });
  withOptions(program.command("greeks"), asOfOptions(undefined))
    .description("greeks of every book to third order")
    .option("--book <book>", "one book")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runGreeks>[1]) => { await (await import("./commands/greeks.ts")).runGreeks(config, options); });
  withOptions(program.command("surface"), asOfOptions(undefined))
    .description("implied vols and the fitted smile of each expiry that books hold")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runSurface>[1]) => { await (await import("./commands/surface.ts")).runSurface(config, options); });
  const log = program.command("log").description("look at a log's records");
  log
    .command("show")
    .description("records, newest last")
    .option("--log <log>", "which log, where several are open")
    .addOption(new Option("--from <position>", "first position").argParser(count).default(1))
    .addOption(new Option("--limit <n>", "most records").argParser(count).default(50))
    .option("--type <type>", "only records of this type, such as HedgeDecided")
    .option("--jsonl", "one JSON document a line, whole bodies")
    .addOption(data())
    .action(async (options: Parameters<typeof runLogShow>[1]) => { await (await import("./commands/log.ts")).runLogShow(config, options); });
  log
    .command("export")
    .description("write a log's raw records to one file")
    .requiredOption("--out <file>", "the file to write; refused when it exists")
    .option("--log <log>", "which log, where several are open")
    .addOption(data())
    .action(async (options: Parameters<typeof runLogExport>[1]) => { await (await import("./commands/log.ts")).runLogExport(config, options); });
  log
    .command("skip")
    .description("let a log that stands still pass over the message that it stopped at; the skip is recorded, the bytes stay in the dead letters")
    .requiredOption("--at <place>", "the message, as topic/partition/offset: the service's log and its /readyz name it")
    .requiredOption("--reason <code>", "why, as lower case letters, digits and underscores, such as known_bug")
    .option("--log <log>", "which log, where several are open")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runLogSkip>[1]) => { await (await import("./commands/log-skip.ts")).runLogSkip(config, options); });
  addRaiseGeneration(log, config);
};

const addDeadLetters = (program: Command, config: Config): void => {
  const letters = program.command("dlq").description("messages that could not be recorded");
  letters
    .command("list")
    .description("dead letters with their reasons")
    .option("--all", "also those that were redriven or discarded")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runDeadLetters>[1]) => { await (await import("./commands/dead-letters.ts")).runDeadLetters(config, options); });
  letters
    .command("show")
    .description("one dead letter, whole")
    .argument("<id>", "topic/partition/offset, as `dlq list` prints it")
    .addOption(data())
    .addOption(json())
    .action(async (id: string, options: Parameters<typeof runShowDeadLetter>[2]) => { await (await import("./commands/dead-letters.ts")).runShowDeadLetter(config, id, options); });
  letters
    .command("redrive")
    .description("publish a dead letter again, after what was wrong was put right; only its bad ticks where only some were bad")
    .argument("<id>", "topic/partition/offset")
    .addOption(data())
    .action(async (id: string, options: Parameters<typeof runRedrive>[2]) => { await (await import("./commands/dead-letters.ts")).runRedrive(config, id, options); });
  letters
    .command("discard")
    .description("close a dead letter without publishing it")
    .argument("<id>", "topic/partition/offset")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .action(async (id: string, options: Parameters<typeof runDiscard>[2]) => { await (await import("./commands/dead-letters.ts")).runDiscard(config, id, options); });
};
