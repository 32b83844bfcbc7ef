import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { freePorts, startKafka } from "@finality/kafka-broker";
import { Kafka, logLevel, Partitioners, type KafkaConfig } from "kafkajs";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { privateKafka } from "./private-kafka.ts";
import { randomName } from "./shared-server.ts";
import { removeFolder, temporaryFolder } from "./temporary-folders.ts";
import { lacksKafka, testKafka } from "./test-brokers.ts";

const clientOf = (brokers: readonly string[], login: Partial<KafkaConfig> = {}): Kafka =>
  new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 20 }, ...login });

const createTopic = async (client: Kafka, replicationFactor = 1): Promise<string> => {
  const topic = randomName("topic");
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
};

const produce = async (client: Kafka, topic: string, ...values: readonly string[]): Promise<void> => {
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
};

/** The first `count` messages of the topic, by a new group. */
const consume = async (client: Kafka, topic: string, count: number): Promise<string[]> => {
  const consumer = client.consumer({ groupId: randomName("group") });
  const found: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: ({ message }) => Promise.resolve(void found.push(String(message.value))) });
  await eventually(() => found.length >= count);
  await consumer.disconnect();
  return found;
};

/** `pnpm kafka`, once it serves clients. */
const startFromShell = async (folder: string, port: number) => {
  const main = fileURLToPath(new URL("main.ts", import.meta.resolve("@finality/kafka-broker")));
  const child = spawn(process.execPath, [main, "--data", folder, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line]: unknown[] = await once(child.stdout, "data");
  expect(String(line)).toBe(`KAFKA_BROKERS=127.0.0.1:${String(port)}\n`);
  return child;
};

describe.skipIf(await lacksKafka())("Kafka", () => {
  test("is one for all tests of a run", async () => {
    const [{ brokers }, again] = await Promise.all([testKafka(), testKafka()]);
    expect(again.brokers).toEqual(brokers);
    const client = clientOf(brokers);
    const topic = await createTopic(client);
    await produce(client, topic, "a", "b");
    expect(await consume(client, topic, 2)).toEqual(["a", "b"]);
  });

  test("a private node comes back after kill -9 with what it has, and freezes and thaws", async () => {
    const kafka = await privateKafka();
    onTestFinished(kafka.dispose);
    const client = clientOf(kafka.brokers);
    const topic = await createTopic(client);
    await produce(client, topic, "kept");
    const { pid } = kafka.node(1);
    await kafka.node(1).kill();
    expect(kafka.node(1).pid).toBeUndefined();
    await kafka.node(1).start();
    expect(kafka.node(1).pid).not.toBe(pid);
    await kafka.node(1).kill("SIGSTOP");
    const afterThaw = produce(client, topic, "after");
    await kafka.node(1).kill("SIGCONT");
    await afterThaw;
    expect(await consume(client, topic, 2)).toEqual(["kept", "after"]);
    expect(() => kafka.node(2)).toThrow("no node 2");
  });

  test("starts neither on a port that is taken nor on the data of another number of nodes", async () => {
    const folder = await temporaryFolder();
    onTestFinished(() => removeFolder(folder));
    const [address = ""] = (await testKafka()).brokers;
    const port = Number(address.split(":")[1]);
    await expect(startKafka({ nodes: 1, folder, port })).rejects.toMatchObject({ code: "port_in_use", message: expect.stringContaining(String(port)) as string });
    await expect(startKafka({ nodes: 3, folder })).rejects.toMatchObject({ code: "other_nodes" });
  });

  test("two of three nodes take and keep messages for all replicas", async () => {
    const kafka = await privateKafka({ nodes: 3 });
    onTestFinished(kafka.dispose);
    const client = clientOf(kafka.brokers);
    const topic = await createTopic(client, 3);
    await produce(client, topic, "before");
    await kafka.node(1).kill();
    await produce(client, topic, "meanwhile");
    expect(await consume(client, topic, 2)).toEqual(["before", "meanwhile"]);
  });

  test.each([
    { user: { mechanism: "plain", username: "desk", password: "open-sesame" }, tls: false },
    { user: { mechanism: "scram-sha-512", username: "desk", password: "open-sesame" }, tls: true },
  ] as const)("lets in by $user.mechanism, TLS $tls, who knows the password", async ({ user, tls }) => {
    const kafka = await privateKafka({ sasl: user, tls });
    onTestFinished(kafka.dispose);
    const ssl = kafka.caFile === undefined ? false : { ca: [await readFile(kafka.caFile, "utf8")] };
    expect(ssl !== false).toBe(tls);
    const client = clientOf(kafka.brokers, { ssl, sasl: { ...user } }); // kafkajs keeps the login in the object it is given
    const topic = await createTopic(client);
    await produce(client, topic, "secret");
    expect(await consume(client, topic, 1)).toEqual(["secret"]);
    const stranger = clientOf(kafka.brokers, { ssl, sasl: { ...user, password: "guess" } }).admin();
    await expect(stranger.connect()).rejects.toThrow("SASL");
    await stranger.disconnect();
  });

  test("from a shell, it ends with its parent, finds its data again and ends by Ctrl-C", async () => {
    const folder = await temporaryFolder();
    onTestFinished(() => removeFolder(folder));
    const [port = 0] = await freePorts(1);
    const client = clientOf([`127.0.0.1:${String(port)}`]);
    const killed = await startFromShell(folder, port);
    const topic = await createTopic(client);
    await produce(client, topic, "kept");
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const stopped = await startFromShell(folder, port);
    expect(await consume(client, topic, 1)).toEqual(["kept"]);
    stopped.kill("SIGINT");
    expect(await once(stopped, "exit")).toEqual([130, null]);
  });
});
