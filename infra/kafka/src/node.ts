import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { KafkaBrokerError } from "./errors.ts";
import { spawnGuarded, type GuardedProcess } from "./guarded-process.ts";
import { ask, isFree } from "./ports.ts";
import { logProperties, nodeFolder, serverProperties, type ClusterSettings, type NodePorts } from "./properties.ts";

export type KafkaNode = {
  /** 1, 2, 3. */
  readonly id: number;
  /** undefined while it does not run. */
  readonly pid: number | undefined;
  /** Sends it a signal; waits until it is gone if that is one that ends it (all but SIGSTOP and SIGCONT). */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /**
   * Starts it on its data and its ports, and waits until it serves clients, at most a minute; nothing happens when it runs.
   * Two of three serve nobody without each other: when more than one is down, start them at once.
   * Throws KafkaBrokerError "port_in_use", "startup".
   */
  start(): Promise<void>;
};

export type NodePlan = {
  readonly id: number;
  readonly folder: string;
  readonly ports: NodePorts;
  readonly java: readonly string[];
  readonly clusterId: string;
  readonly settings: ClusterSettings;
};

const longestStartMs = 60_000;
const pollMs = 50;
/** The end of a log that tells why a node did not start. */
const complaintBytes = 2_000;

/** ApiVersions, version 0, with correlation id 0 and no client id. It needs no login; the internal listener speaks no TLS. */
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

/** A broker takes requests only after the controllers let it in: a good answer means that it serves clients. */
const serves = async ({ internal }: NodePorts): Promise<boolean> => {
  const answer = await ask(internal, apiVersions);
  return answer !== undefined && answer.length >= 10 && answer.readInt16BE(8) === 0;
};

const prepare = async ({ id, folder, java, clusterId, settings, ports }: NodePlan): Promise<void> => {
  const home = nodeFolder(folder, id);
  await mkdir(home, { recursive: true });
  const properties = join(home, "server.properties");
  await writeFile(properties, serverProperties(settings, id, ports, folder), { mode: 0o600 });
  await writeFile(join(home, "log4j2.properties"), logProperties(folder, id));
  if (existsSync(join(home, "data/meta.properties"))) return;
  const { sasl } = settings;
  const users = sasl === undefined || sasl.mechanism === "plain"
    ? []
    : ["--add-scram", `${sasl.mechanism.toUpperCase()}=[name=${sasl.username},password=${sasl.password}]`];
  await promisify(execFile)("java", [
    "-Xmx128m", "-XX:TieredStopAtLevel=1", `-Dlog4j2.configurationFile=${join(home, "log4j2.properties")}`,
    ...java, "kafka.tools.StorageTool", "format", "--cluster-id", clusterId, "--config", properties, ...users,
  ]).catch((error: unknown) => {
    throw new KafkaBrokerError("startup", `Kafka node ${String(id)} could not make its storage in ${home}: ${String(error)}`, error);
  });
};

const launch = async ({ id, folder, java, ports }: NodePlan): Promise<GuardedProcess> => {
  for (const port of Object.values(ports)) {
    if (!(await isFree(port))) throw new KafkaBrokerError("port_in_use", `Kafka node ${String(id)} needs port ${String(port)}, and another program listens there.`);
  }
  const home = nodeFolder(folder, id);
  const output = await open(join(home, "output.log"), "a", 0o600);
  try {
    return await spawnGuarded("java", [
      "-Xms64m", "-Xmx400m", "-XX:MaxGCPauseMillis=20", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true",
      `-Dlog4j2.configurationFile=${join(home, "log4j2.properties")}`,
      ...java, "kafka.Kafka", join(home, "server.properties"),
    ], { output: output.fd });
  } finally {
    await output.close();
  }
};

const complaint = async (home: string): Promise<string> => {
  const logs = await Promise.all(["output.log", "kafka.log"].map((name) => readFile(join(home, name), "utf8").catch(() => "")));
  return logs.map((text) => text.slice(-complaintBytes)).join("\n");
};

/** `onEnd` is called when the node has served and ends without being asked to. */
export const createNode = async (plan: NodePlan, onEnd: (id: number) => void): Promise<KafkaNode> => {
  await prepare(plan);
  const home = nodeFolder(plan.folder, plan.id);
  let running: GuardedProcess | undefined;
  let expected = true;

  const awaitServing = async (mine: GuardedProcess): Promise<void> => {
    const deadlineMs = performance.now() + longestStartMs;
    while (running === mine) {
      if (await serves(plan.ports)) return;
      if (performance.now() > deadlineMs) throw new KafkaBrokerError("startup", `Kafka node ${String(plan.id)} serves nobody after ${String(longestStartMs / 1000)} s; see ${home}. ${await complaint(home)}`);
      await sleep(pollMs);
    }
    throw new KafkaBrokerError("startup", `Kafka node ${String(plan.id)} ended while it started; see ${home}. ${await complaint(home)}`);
  };

  return {
    id: plan.id,
    get pid() { return running?.pid; },
    start: async () => {
      if (running !== undefined) return;
      expected = true; // until it serves, its end is this call's failure
      const mine = await launch(plan);
      running = mine;
      void mine.ended.then(() => {
        running = undefined;
        if (!expected) onEnd(plan.id);
      });
      await awaitServing(mine);
      expected = false;
    },
    kill: async (signal = "SIGKILL") => {
      const mine = running;
      if (mine === undefined) return;
      if (signal === "SIGSTOP" || signal === "SIGCONT") {
        mine.signal(signal);
        return;
      }
      expected = true;
      await mine.end(signal);
    },
  };
};
