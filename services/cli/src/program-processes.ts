import { Option, type Command } from "commander";
import type { runCheck } from "./commands/check.ts";
import { usualCounts } from "./cluster/usual-counts.ts";
import type { runCluster } from "./commands/cluster.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";
import { data, json, wholeNumber } from "./program-options.ts";

const processesMax = 64;

const count = (flag: string, says: string, usual: number): Option => new Option(`--${flag} <n>`, says).argParser(wholeNumber({ from: 0, to: processesMax })).default(usual);

/** `cluster` and `check`: a house of many processes, and whether all of it holds. */
export const addProcesses = (program: Command, config: Config, outcome: Outcome): void => {
  program
    .command("cluster")
    .description("run every service as processes of its own against KAFKA_BROKERS, DATABASE_URL and REDIS_URL, until Ctrl-C")
    .addOption(count("sequencers", "writers; logs spread over them", usualCounts.sequencers))
    .addOption(count("dispatchers", "one works, the others stand by", usualCounts.dispatchers))
    .addOption(count("executors", "accounts spread over them", usualCounts.executors))
    .addOption(count("paper-venues", "one works, the others stand by", usualCounts.paperVenues))
    .addOption(count("projectors", "one a log works, the others stand by", usualCounts.projectors))
    .addOption(count("notaries", "one a log works, the others stand by", usualCounts.notaries))
    .addOption(count("apis", "the first has --port, the others take free ones", usualCounts.apis))
    .addOption(new Option("--port <number>", "port of the first api on 127.0.0.1; 0 takes a free one").argParser(wholeNumber({ from: 0, to: 65_534 })).default(8420))
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  cluster\n  cluster --sequencers 3 --executors 2\n")
    .action(async (options: Parameters<typeof runCluster>[1]) => { outcome.code = await (await import("./commands/cluster.ts")).runCluster(config, options); });
  program
    .command("check")
    .description("prove from outside that nothing was lost, doubled or reordered between the bus and the venue; exit 6 when something was. The house must stand still")
    .option("--log <log>", "one log (default: all)")
    .addOption(data())
    .addOption(json())
    .action(async (options: Parameters<typeof runCheck>[1]) => { outcome.code = await (await import("./commands/check.ts")).runCheck(config, options); });
};
