import { join } from "node:path";

export type SaslUser = {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  /** Letters, digits, `-` and `_`. */
  readonly username: string;
  readonly password: string;
};

export type NodePorts = { readonly client: number; readonly internal: number; readonly controller: number };

export type ClusterSettings = {
  /** Of node 1, node 2, … */
  readonly ports: readonly NodePorts[];
  readonly sasl: SaslUser | undefined;
  /** A PKCS12 file: clients speak TLS. */
  readonly keystore: { readonly path: string; readonly password: string } | undefined;
};

/** Node `id` keeps everything here. */
export const nodeFolder = (folder: string, id: number): string => join(folder, `node-${String(id)}`);

const jaasOf = ({ mechanism, username, password }: SaslUser): string =>
  mechanism === "plain"
    ? `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`
    : "org.apache.kafka.common.security.scram.ScramLoginModule required;";

/** Only clients meet TLS and SASL; the nodes speak among themselves in the clear, on loopback. */
const clientSecurity = ({ sasl, keystore }: ClusterSettings): Record<string, string> => ({
  ...(sasl === undefined
    ? {}
    : {
        "listener.name.client.sasl.enabled.mechanisms": sasl.mechanism.toUpperCase(),
        [`listener.name.client.${sasl.mechanism}.sasl.jaas.config`]: jaasOf(sasl),
      }),
  ...(keystore === undefined
    ? {}
    : {
        "listener.name.client.ssl.keystore.type": "PKCS12",
        "listener.name.client.ssl.keystore.location": keystore.path,
        "listener.name.client.ssl.keystore.password": keystore.password,
        "listener.name.client.ssl.key.password": keystore.password,
      }),
});

const clientProtocol = ({ sasl, keystore }: ClusterSettings): string => {
  if (sasl === undefined) return keystore === undefined ? "PLAINTEXT" : "SSL";
  return keystore === undefined ? "SASL_PLAINTEXT" : "SASL_SSL";
};

const at = (port: number): string => `127.0.0.1:${String(port)}`;

/** `server.properties` of a node that is broker and controller. Whatever is not named has Kafka's default. */
export const serverProperties = (settings: ClusterSettings, id: number, own: NodePorts, folder: string): string => {
  const nodes = settings.ports.length;
  const replicas = String(nodes);
  const inSync = String(nodes === 1 ? 1 : 2);
  return Object.entries({
    "process.roles": "broker,controller",
    "node.id": String(id),
    "controller.quorum.voters": settings.ports.map(({ controller }, index) => `${String(index + 1)}@${at(controller)}`).join(","),
    listeners: `CLIENT://${at(own.client)},INTERNAL://${at(own.internal)},CONTROLLER://${at(own.controller)}`,
    "advertised.listeners": `CLIENT://${at(own.client)},INTERNAL://${at(own.internal)}`,
    "listener.security.protocol.map": `CLIENT:${clientProtocol(settings)},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    "inter.broker.listener.name": "INTERNAL",
    "controller.listener.names": "CONTROLLER",
    ...clientSecurity(settings),
    "log.dirs": join(nodeFolder(folder, id), "data"),
    "auto.create.topics.enable": "false",
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    // Tests wait for these: a group's first assignment, a dead consumer, a dead broker (also before it may come back).
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.session.timeout.ms": nodes === 1 ? "2000" : "4000",
    "broker.heartbeat.interval.ms": "400",
    // The default is a third of the heap that a node gets here.
    "log.cleaner.dedupe.buffer.size": "4194304",
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
};

export const logProperties = (folder: string, id: number): string => `
appender.file.type=File
appender.file.name=file
appender.file.fileName=${join(nodeFolder(folder, id), "kafka.log")}
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.file.ref=file
`;
