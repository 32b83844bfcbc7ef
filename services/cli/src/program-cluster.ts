import { Argument, Option, type Command } from "commander";
import { healthPorts, type ServiceName } from "@finality/runtime/settings";
import type { runConfigShow } from "./commands/config.ts";
import type { runMigrate } from "./commands/migrate.ts";
import type { runTopics } from "./commands/topics.ts";
import type { Config } from "./config.ts";
import type { Outcome } from "./exit-codes.ts";

const json = (): Option => new Option("--json", "print one JSON document");
const services = Object.keys(healthPorts) as ServiceName[];

/** The commands of those who run a cluster. */
export const addCluster = (program: Command, config: Config, outcome: Outcome): void => {
  program
    .command("migrate")
    .description("bring the database that DATABASE_URL names to this release; run once before its services start")
    .addOption(json())
    .action(async (options: Parameters<typeof runMigrate>[1]) => { await (await import("./commands/migrate.ts")).runMigrate(config, options); });
  const topics = program.command("topics").description("the bus's topics, as infra/kafka/topics.json defines them");
  for (const action of ["apply", "check"] as const) {
    topics
      .command(action)
      .description(action === "apply" ? "make topics, partitions and settings what they are to be" : "say what is not as it is to be; exit 6 when something is not")
      .addOption(json())
      .action(async (options: Parameters<typeof runTopics>[2]) => { outcome.code = await (await import("./commands/topics.ts")).runTopics(config, action, options); });
  }
  program
    .command("config")
    .description("settings of the services")
    .command("show")
    .description("the settings that a service would run with here")
    .addArgument(new Argument("[service]", "one service (default: the settings of all)").choices(services))
    .option("--origin", "also where each comes from: environment, file or default")
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality config show --origin\n  finality config show sequencer --origin\n")
    .action(async (service: ServiceName | undefined, options: Parameters<typeof runConfigShow>[2]) => { outcome.code = (await import("./commands/config.ts")).runConfigShow(config, service, options); });
};
