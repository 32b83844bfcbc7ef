import { Option, type Command } from "commander";
import type { runArchiveDetach, runArchiveExport, runArchiveImport, runArchiveList, runArchiveVerify } from "./commands/archive.ts";
import type { runFollow } from "./commands/follow.ts";
import type { runRaiseGeneration } from "./commands/raise-generation.ts";
import type { runSnapshotsList, runSnapshotsRemove, runSnapshotsTake, runSnapshotsVerify } from "./commands/snapshots.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import { allLogs, data, json, oneLog, wholeNumber } from "./program-options.ts";

const folder = (): Option => new Option("--archive <folder>", "the archive's folder").makeOptionMandatory();
const position = wholeNumber({ from: 1, to: 999_999_999 });

/** Commands about a log's past: archives, snapshots, generations. */
export const addArchive = (program: Command, config: Config, outcome: Outcome): void => {
  const archive = program.command("archive").description("logs as Parquet: sealed ranges that DuckDB, pandas and polars open, and replay reads");
  archive
    .command("export")
    .description("seal what the logs hold behind the archived ranges as one further range each")
    .addOption(folder())
    .addOption(allLogs())
    .addOption(new Option("--to <position>", "last position (default: the head)").argParser(position))
    .addOption(data())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality archive export --archive ./archive\n  finality archive verify --archive ./archive\n")
    .action(async (options: Parameters<typeof runArchiveExport>[1]) => { await (await import("./commands/archive.ts")).runArchiveExport(config, options); });
  archive.command("list").description("the sealed ranges").addOption(folder()).addOption(allLogs()).addOption(json()).action(async (options: Parameters<typeof runArchiveList>[0]) => { await (await import("./commands/archive.ts")).runArchiveList(options); });
  archive
    .command("verify")
    .description("every file, record, hash and root; exit 6 with findings")
    .addOption(folder())
    .addOption(allLogs())
    .addOption(json())
    .action(async (options: Parameters<typeof runArchiveVerify>[0]) => { outcome.code = await (await import("./commands/archive.ts")).runArchiveVerify(options); });
  archive
    .command("import")
    .description("append what the archive holds behind a log's head: into an empty database, or behind a backup")
    .addOption(folder())
    .addOption(allLogs())
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .action(async (options: Parameters<typeof runArchiveImport>[1]) => { await (await import("./commands/archive.ts")).runArchiveImport(config, options); });
  archive
    .command("detach")
    .description("let archived and verified partitions leave PostgreSQL, as the role that owns the tables")
    .addOption(folder())
    .addOption(oneLog())
    .addOption(new Option("--to <position>", "whole partitions up to here").argParser(position).makeOptionMandatory())
    .option("--drop", "drop the detached tables; else they stay in the schema event_log_part")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .action(async (options: Parameters<typeof runArchiveDetach>[1]) => { await (await import("./commands/archive.ts")).runArchiveDetach(config, options); });
  program
    .command("follow")
    .description("fold a log as it grows and print the state's hash as it goes; exit 6, and trading held, where the writer hashed another state")
    .addOption(oneLog())
    .addOption(new Option("--from <position>", "begin behind this record").argParser(wholeNumber({ from: 0, to: 999_999_999 })).default(0))
    .option("--exit", "end at the head of now; else until Ctrl-C")
    .option("--jsonl", "one JSON document a line")
    .addOption(data())
    .action(async (options: Parameters<typeof runFollow>[1]) => { outcome.code = await (await import("./commands/follow.ts")).runFollow(config, options); });
  addSnapshots(program, config, outcome);
};

const addSnapshots = (program: Command, config: Config, outcome: Outcome): void => {
  const snapshots = program.command("snapshots").description("states that folds begin at: a cache that may be deleted at any time");
  snapshots.command("list").description("where they are, and whether they are used").addOption(allLogs()).addOption(data()).addOption(json()).action(async (options: Parameters<typeof runSnapshotsList>[1]) => { await (await import("./commands/snapshots.ts")).runSnapshotsList(config, options); });
  snapshots
    .command("take")
    .description("keep the state behind a position")
    .addOption(new Option("--at <position>", "behind this record (default: the last one)").argParser(position))
    .addOption(oneLog())
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runSnapshotsTake>[1]) => { await (await import("./commands/snapshots.ts")).runSnapshotsTake(config, options); });
  snapshots
    .command("verify")
    .description("compare the newest ones with a straight fold; one that differs is not used again; exit 6")
    .addOption(allLogs())
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runSnapshotsVerify>[1]) => { outcome.code = await (await import("./commands/snapshots.ts")).runSnapshotsVerify(config, options); });
  snapshots
    .command("remove")
    .description("delete all of a log's; nothing is lost but time")
    .option("--yes", "do it; without this it is refused")
    .addOption(oneLog())
    .addOption(data())
    .action(async (options: Parameters<typeof runSnapshotsRemove>[1]) => { await (await import("./commands/snapshots.ts")).runSnapshotsRemove(config, options); });
};

/** Under `finality log`. */
export const addRaiseGeneration = (logCommand: Command, config: Config): void => {
  logCommand
    .command("raise-generation")
    .description("after a restore that lost records: the log goes on under ids of its own; its sequencer records it at its next start")
    .requiredOption("--reason <code>", "why, as lower case letters, digits and underscores, such as restored_backup")
    .addOption(oneLog())
    .option("--checkpoints <folder>", "where the newest checkpoints are kept outside the database")
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runRaiseGeneration>[1]) => { await (await import("./commands/raise-generation.ts")).runRaiseGeneration(config, options); });
};
