import { Option, type Command } from "commander";
import type { runProjectionsDrop, runProjectionsRebuild, runProjectionsSkip, runProjectionsStatus, runProjectionsSwitch } from "./commands/projections.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import { allLogs, data, json, oneLog, wholeNumber } from "./program-options.ts";

const number = wholeNumber({ from: 1, to: 999_999_999 });

/** Commands about the read models' versions. */
export const addProjections = (program: Command, config: Config, outcome: Outcome): void => {
  const projections = program.command("projections").description("versions of the read models: one serves, others are built beside");
  projections
    .command("status")
    .description("which version serves, how far the others are, what stands still and why; exit 6 while one has failed")
    .addOption(allLogs())
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runProjectionsStatus>[1]) => { outcome.code = await (await import("./commands/projections.ts")).runProjectionsStatus(config, options); });
  projections
    .command("rebuild")
    .description("build a new version beside the one that serves; nothing stops meanwhile")
    .addOption(oneLog())
    .option("--switch", "let it serve when it has caught up and is what the log says")
    .option("--quiet", "no progress bar")
    .addOption(data())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality projections rebuild --switch\n  finality projections status\n")
    .action(async (options: Parameters<typeof runProjectionsRebuild>[1]) => { outcome.code = await (await import("./commands/projections.ts")).runProjectionsRebuild(config, options); });
  projections
    .command("switch")
    .description("compare a version with the log, then let it serve; also to go back; exit 6 where it is not what the log says")
    .addOption(new Option("--to <version>", "the version (default: the only one beside)").argParser(number))
    .option("--force", "also where it is not what the log says")
    .addOption(oneLog())
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runProjectionsSwitch>[1]) => { outcome.code = await (await import("./commands/projections.ts")).runProjectionsSwitch(config, options); });
  projections
    .command("skip")
    .description("let a version pass over the record that it failed at; who did it stays recorded")
    .addOption(new Option("--at <position>", "the record that it failed at").argParser(number).makeOptionMandatory())
    .requiredOption("--reason <code>", "why, as lower case letters, digits and underscores, such as known_bug")
    .addOption(new Option("--of <version>", "the version (default: the one that serves)").argParser(number))
    .addOption(oneLog())
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runProjectionsSkip>[1]) => { await (await import("./commands/projections.ts")).runProjectionsSkip(config, options); });
  projections
    .command("drop")
    .description("delete a version that does not serve")
    .addOption(new Option("--of <version>", "the version").argParser(number).makeOptionMandatory())
    .addOption(oneLog())
    .option("--yes", "do it; without this it is refused")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runProjectionsDrop>[1]) => { await (await import("./commands/projections.ts")).runProjectionsDrop(config, options); });
};
