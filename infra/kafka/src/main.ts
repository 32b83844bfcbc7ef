import { parseArgs } from "node:util";
import { KafkaBrokerError } from "./errors.ts";
import { prepareKafka } from "./prepare-kafka.ts";
import { startKafka } from "./start-kafka.ts";

const usage = `A real Apache Kafka on this machine; it needs Java 17 or newer, and Maven the first time. Ctrl-C stops it, a second one kills it.

  npx -y pnpm@10 kafka                    one node on port 9092, its data in .data/kafka/nodes-1
  npx -y pnpm@10 kafka --nodes 3          three, on 9092 to 9094
  npx -y pnpm@10 kafka --port 19092 --data /srv/kafka
  npx -y pnpm@10 kafka --fetch            only fetches its jars, and makes later starts quicker

When it serves clients, its address is printed as KAFKA_BROKERS=….
`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const fail = (code: number, text: string): never => {
  say(text);
  process.exit(code);
};

const read = () => {
  try {
    const { values } = parseArgs({
      options: {
        nodes: { type: "string", default: "1" },
        port: { type: "string", default: "9092" },
        data: { type: "string" },
        fetch: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const nodes = values.nodes === "1" ? 1 : values.nodes === "3" ? 3 : fail(2, `--nodes is 1 or 3, not ${values.nodes}`);
    const port = Number(values.port);
    if (!(Number.isInteger(port) && port >= 1 && port + nodes <= 65_536)) fail(2, `--port is a port, not ${values.port}`);
    return { ...values, nodes, port, folder: values.data ?? `.data/kafka/nodes-${values.nodes}` } as const;
  } catch (error) {
    return fail(2, `${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
};

const options = read();
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}
try {
  if (options.fetch) {
    await prepareKafka();
    process.exit(0);
  }
  say(`Starting Kafka in ${options.folder} …`);
  const { nodes, folder, port } = options;
  const kafka = await startKafka({
    nodes,
    folder,
    port,
    onEnd: (id) => {
      say(`Kafka node ${String(id)} has ended; see ${folder}/node-${String(id)}.`);
      if (nodes === 1) process.exit(1);
    },
  });
  process.stdout.write(`KAFKA_BROKERS=${kafka.brokers.join(",")}\n`);
  const stop = (code: number) => (): void => {
    process.once("SIGINT", () => process.exit(code)).once("SIGTERM", () => process.exit(code)); // what runs still ends with this process
    say("Stopping Kafka …");
    void kafka.stop().then(() => process.exit(code));
  };
  setInterval(() => undefined, 60_000); // the nodes alone do not keep this process
  process.once("SIGINT", stop(130)).once("SIGTERM", stop(143));
} catch (error) {
  if (!(error instanceof KafkaBrokerError)) throw error;
  fail(error.code === "no_java" || error.code === "no_maven" || error.code === "no_jars" ? 69 : 1, error.message);
}
