import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applyTopics, checkTopics, openBus, type TopicDefinition, type TopicFinding } from "@finality/bus";
import { createNotifier } from "@finality/database";
import { busConnection } from "@finality/runtime";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { openData } from "../house/open-data.ts";
import { printData, printJson, say, table } from "../output.ts";

type TopicsOptions = { readonly json?: true };

const definitionFile = join(import.meta.dirname, "../../../../infra/kafka/topics.json");

/** The file is ours, and a test reads it: the cast loses nothing. */
const topicDefinition = (): TopicDefinition => JSON.parse(readFileSync(definitionFile, "utf8")) as TopicDefinition;

/** Makes the topics of infra/kafka/topics.json, or says what is not as it is there; exit 6 when something is left. */
export const runTopics = async (config: Config, action: "apply" | "check", options: TopicsOptions): Promise<ExitCode> => {
  const connection = busConnection(config.cluster);
  const definition = topicDefinition();
  const { mended, left } = connection.kind === "postgres" ? await inTables(config, action, definition) : action === "apply" ? await applyTopics(connection, definition) : { mended: [], left: await checkTopics(connection, definition) };
  if (options.json === true) printJson({ mended, left });
  else {
    if (mended.length > 0) say(`Made so:\n${describe(mended)}`);
    if (left.length > 0) printData(`Not as in infra/kafka/topics.json:\n${describe(left)}`);
    else say(`${String(definition.topics.length)} topics are as in infra/kafka/topics.json.`);
  }
  return left.length === 0 ? exitCodes.ok : exitCodes.findings;
};

const describe = (findings: readonly TopicFinding[]): string =>
  table<TopicFinding>(
    [
      { title: "topic", value: ({ topic }) => topic },
      { title: "what", value: ({ what }) => what },
      { title: "wanted", value: ({ wanted }) => wanted },
      { title: "found", value: ({ found }) => found },
    ],
    findings,
  );

/** A bus of tables knows partitions only, and makes all topics at once. */
const inTables = async (config: Config, action: "apply" | "check", { topics, partitions }: TopicDefinition): Promise<{ readonly mended: readonly TopicFinding[]; readonly left: readonly TopicFinding[] }> => {
  if (config.cluster.databaseUrl === undefined) throw new CliError("usage", "KAFKA_BROKERS is missing: it names the brokers whose topics this is about (or DATABASE_URL, where the bus lies in PostgreSQL).");
  const data = await openData(config, undefined);
  const bus = openBus({ kind: "postgres", database: data.database, notifier: createNotifier(data.database) });
  try {
    const names = topics.map(({ name }) => name);
    if (action === "apply") await bus.ensureTopics(names, partitions);
    const found = await Promise.all(names.map(async (topic) => ({ topic, count: await bus.partitions(topic).catch(() => 0) })));
    const left = found.filter(({ count }) => count !== partitions).map(({ topic, count }) => ({ topic, what: "partitions", wanted: String(partitions), found: String(count), mends: false }));
    return { mended: [], left };
  } finally {
    await bus.close();
    await data.close();
  }
};
