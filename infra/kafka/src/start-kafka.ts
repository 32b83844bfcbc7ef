import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { KafkaBrokerError } from "./errors.ts";
import { javaParameters } from "./jars.ts";
import { createNode, type KafkaNode } from "./node.ts";
import { freePorts } from "./ports.ts";
import type { ClusterSettings, NodePorts, SaslUser } from "./properties.ts";

export type KafkaOptions = {
  /** With 3, every internal topic has three replicas, and acks -1 needs two of them. */
  readonly nodes: 1 | 3;
  /** Made when absent. The next start on it finds everything that was kept; one start at a time. */
  readonly folder: string;
  /** Clients find node 1 here, node 2 on the next … ; without it on free ports. */
  readonly port?: number;
  /** Clients must log in as this user. A SCRAM user is kept in the folder when it is made, and not changed later. */
  readonly sasl?: SaslUser;
  /** Clients must speak TLS, and trust `caFile`. Default false. */
  readonly tls?: boolean;
  /** For each node's Java, before those that it has anyway: 64 to 400 MB of heap. */
  readonly javaOptions?: readonly string[];
  /** Called when a node that served ends without being asked to. */
  readonly onEnd?: (id: number) => void;
};

export type Kafka = {
  /** host:port of each node. They stay the same while nodes come and go. */
  readonly brokers: readonly string[];
  /** The certificate to trust, a PEM file; undefined without TLS. */
  readonly caFile: string | undefined;
  /** `id` is 1 … nodes. Throws RangeError for another one. */
  node(id: number): KafkaNode;
  /** Stops all nodes cleanly, and kills what still runs 30 s later. */
  stop(): Promise<void>;
};

const longestStopMs = 30_000;
/** It guards nothing: the key beside it is this machine's own. */
const keystorePassword = "finality";

/** The id of the cluster in the folder: 16 random bytes; a leading `-` would look like an option. */
const clusterIdIn = async (folder: string, nodes: number): Promise<string> => {
  const path = join(folder, "cluster.json");
  if (!existsSync(path)) await writeFile(path, JSON.stringify({ id: randomBytes(16).toString("base64url").replace(/^-/, "A"), nodes }));
  const found: unknown = JSON.parse(await readFile(path, "utf8"));
  if (typeof found === "object" && found !== null && "id" in found && "nodes" in found && found.nodes === nodes) return String(found.id);
  throw new KafkaBrokerError("other_nodes", `${path} is not of a cluster of ${String(nodes)}: ${JSON.stringify(found)}. Choose another folder.`);
};

/** A key and a certificate that it signed itself, by the JDK's own tool. */
const makeKeystore = async (folder: string): Promise<{ readonly path: string; readonly caFile: string }> => {
  const [path, caFile] = [join(folder, "keystore.p12"), join(folder, "ca.pem")];
  const keytool = (...parameters: string[]): Promise<unknown> =>
    promisify(execFile)("keytool", [...parameters, "-keystore", path, "-storetype", "PKCS12", "-storepass", keystorePassword, "-alias", "kafka"]);
  if (!existsSync(caFile)) {
    await keytool("-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=localhost", "-ext", "SAN=dns:localhost,ip:127.0.0.1", "-ext", "BC=ca:true", "-validity", "3650");
    await keytool("-exportcert", "-rfc", "-file", caFile);
  }
  return { path, caFile };
};

const choosePorts = async (nodes: number, first: number | undefined): Promise<NodePorts[]> => {
  const free = await freePorts(3 * nodes);
  return Array.from({ length: nodes }, (_, index) => {
    const [client = 0, internal = 0, controller = 0] = free.slice(3 * index);
    return { client: first === undefined ? client : first + index, internal, controller };
  });
};

/**
 * An Apache Kafka on this machine that serves clients when this resolves, and that ends with this process, however that ends.
 * Throws KafkaBrokerError.
 */
export const startKafka = async ({ nodes, folder: asGiven, port, sasl, tls = false, javaOptions = [], onEnd = () => undefined }: KafkaOptions): Promise<Kafka> => {
  const java = [...javaOptions, ...(await javaParameters())];
  const folder = resolve(asGiven);
  await mkdir(folder, { recursive: true });
  const clusterId = await clusterIdIn(folder, nodes);
  const keystore = tls ? await makeKeystore(folder) : undefined;
  const settings: ClusterSettings = {
    ports: await choosePorts(nodes, port),
    sasl,
    keystore: keystore === undefined ? undefined : { path: keystore.path, password: keystorePassword },
  };
  const all = await Promise.all(
    settings.ports.map((ports, index) => createNode({ id: index + 1, folder, ports, java, clusterId, settings }, onEnd)),
  );
  const killAll = async (signal: NodeJS.Signals): Promise<void> => {
    await Promise.all(all.map((node) => node.kill(signal)));
  };
  const started = await Promise.allSettled(all.map((node) => node.start()));
  const failure = started.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) {
    await killAll("SIGKILL");
    throw failure.reason;
  }
  return {
    brokers: settings.ports.map(({ client }) => `127.0.0.1:${String(client)}`),
    caFile: keystore?.caFile,
    node: (id) => {
      const node = all[id - 1];
      if (node === undefined) throw new RangeError(`there is no node ${String(id)} of ${String(nodes)}`);
      return node;
    },
    stop: async () => {
      const cleanly = killAll("SIGTERM"); // a stopped (SIGSTOP) node, or one without a quorum, would wait for ever
      await Promise.race([cleanly, sleep(longestStopMs, undefined, { ref: false })]);
      await killAll("SIGKILL");
    },
  };
};
