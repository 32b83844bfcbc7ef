import { once } from "node:events";
import { createRequire } from "node:module";
import { connect, createServer, type Server, type Socket } from "node:net";
import { lacksKafka, privateKafka, randomName, testKafka, type PrivateKafka } from "@finality/testkit";
import { Kafka, logLevel } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createRecorder } from "../conformance/recorder.ts";
import { outgoing, until } from "../conformance/under-test.ts";
import { createClient } from "./client.ts";
import { createKafkaBus } from "./kafka-bus.ts";

// What patches/kafkajs@2.2.4.patch changes. Each test fails without its part.

describe.skipIf(await lacksKafka())("kafkajs as we patched it", () => {
  test("an idle connection starts no timers", async () => {
    const { brokers } = await testKafka();
    const admin = createClient({ brokers }).admin();
    await admin.connect();
    await admin.listTopics();
    const timers = vi.spyOn(globalThis, "setTimeout");
    try {
      await admin.listTopics();
      await new Promise((resolve) => setImmediate(resolve));
      timers.mockClear();
      // An idle connection must not wake up by itself.
      for (let turn = 0; turn < 50; turn++) await sleep(2);
      expect(timers.mock.calls.filter(([, milliseconds]) => (milliseconds ?? 0) <= 10)).toEqual([]);
    } finally {
      timers.mockRestore();
      await admin.disconnect();
    }
  });

  test("messages that are taken away under a consumer fail it; it never goes on somewhere else", async () => {
    const { brokers } = await testKafka();
    const bus = createKafkaBus({ brokers });
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    const large = new Uint8Array(999_000);
    await bus.produce(Array.from({ length: 40 }, () => outgoing(topic, large)));
    let open: () => void = () => undefined;
    const held = new Promise<void>((resolve) => { open = resolve; });
    const recorder = createRecorder({ during: () => held });
    const consumer = await bus.consume({ group: randomName("group"), topics: [topic], maxMessages: 1 }, recorder);
    await until(() => recorder.messages.length === 1);
    // Fetching pauses with 32 MB waiting; what comes next is deleted before it is fetched.
    await bus.produce(Array.from({ length: 10 }, () => outgoing(topic, "behind")));
    const admin = createClient({ brokers }).admin();
    await admin.connect();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "45" }] });
    await admin.disconnect();
    open();
    await expect(consumer.failed).rejects.toMatchObject({ name: "BusError", code: "offset_out_of_range" });
    expect(recorder.messages.every(({ offset }) => offset < 40)).toBe(true);
    await bus.close();
  });

  /** A client that waits half a second for an answer, as others wait for 30. */
  const impatient = (brokers: readonly string[]) => new Kafka({ clientId: "test", brokers: [...brokers], requestTimeout: 500, retry: { retries: 0 }, logLevel: logLevel.NOTHING });

  const frozen = async (kafka: PrivateKafka, work: () => Promise<void>): Promise<void> => {
    await kafka.node(1).kill("SIGSTOP");
    await work().finally(() => kafka.node(1).kill("SIGCONT"));
  };

  test("a request that is under way when its client disconnects ends without an answer, too, and so does the client", async () => {
    const kafka = await privateKafka();
    onTestFinished(kafka.dispose);
    const admin = impatient(kafka.brokers).admin();
    await admin.connect();
    await frozen(kafka, async () => {
      const asked = admin.listTopics();
      await sleep(50);
      const left = admin.disconnect();
      await expect(asked).rejects.toThrow("timed out");
      await left;
    });
  });

  test("a connection that broke in the middle of an answer reads the next ones from their beginning", async () => {
    const peer = await startPeer();
    onTestFinished(() => { peer.server.close(); });
    const connection = connectionTo(peer.port);
    peer.answers.push("torn", "whole");
    await connection.connect();
    await expect(connection.send(apiVersions())).rejects.toThrow("Closed connection");
    await connection.connect();
    expect(await connection.send(apiVersions())).toMatchObject({ errorCode: 0, apiVersions: [] });
    await connection.disconnect();
  });

  test("whoever connects at the same time shares one socket", async () => {
    const peer = await startPeer();
    onTestFinished(() => { peer.server.close(); });
    const connection = connectionTo(peer.port);
    await Promise.all([1, 2, 3].map(() => connection.connect()));
    peer.answers.push("whole");
    expect(await connection.send(apiVersions())).toMatchObject({ errorCode: 0 });
    expect(peer.sockets()).toBe(1);
    await connection.disconnect();
  });
});

// A broker breaks off in the middle of an answer only when it dies in this very moment: a peer that does so whenever it is told to, and kafkajs's own connection.

type Connection = {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  send(exchange: { readonly request: unknown; readonly response: unknown }): Promise<unknown>;
};

const load = createRequire(import.meta.url);

const connectionTo = (port: number): Connection => {
  const Made = load("kafkajs/src/network/connection") as new (options: object) => Connection;
  const silent = (): unknown => ({ namespace: silent, debug: () => undefined, error: () => undefined, warn: () => undefined });
  const socketFactory = ({ host, port: to, onConnect }: { readonly host: string; readonly port: number; readonly onConnect: () => void }): Socket => connect(to, host, onConnect);
  return new Made({ host: "127.0.0.1", port, logger: silent(), socketFactory, requestTimeout: 2_000, connectionTimeout: 2_000 });
};

const apiVersions = (): { readonly request: unknown; readonly response: unknown } => {
  const newRequest = load("kafkajs/src/protocol/requests/apiVersions/v0/request") as () => unknown;
  return { request: newRequest(), response: load("kafkajs/src/protocol/requests/apiVersions/v0/response") as unknown };
};

type Peer = { readonly server: Server; readonly port: number; readonly answers: ("torn" | "whole")[]; readonly sockets: () => number };

/** Answers each request as the list says: with no versions at all, or with the beginning of that and the connection's end. */
const startPeer = async (): Promise<Peer> => {
  const answers: ("torn" | "whole")[] = [];
  let sockets = 0;
  const server = createServer((socket) => {
    sockets += 1;
    socket.on("data", (request) => {
      const frame = Buffer.alloc(14);
      frame.writeInt32BE(10);
      // Behind its size, key and version; then an error code and the length of a list, both 0.
      request.copy(frame, 4, 8, 12);
      if (answers.shift() === "whole") socket.write(frame);
      else socket.end(frame.subarray(0, 9));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0, answers, sockets: () => sockets };
};
