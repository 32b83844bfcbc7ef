import { flag, hostList, integer, oneOf, optional, port, required, text, urlOf, withDefault, type Setting, type Settings } from "./setting.ts";

// Every setting of every service. docs/configuration.md is made from this (packages/runtime/scripts/write-configuration.ts).

export const databaseSettings = {
  databaseUrl: required({ env: "DATABASE_URL", key: "database.url", says: "the PostgreSQL that holds event store and read models, as postgres://user:password@host:port/database", secret: true }, urlOf("postgres:", "postgresql:")),
  databaseConnections: withDefault({ env: "FINALITY_DATABASE_CONNECTIONS", key: "database.connections", says: "connections that one process opens at most" }, "16", integer(2, 500)),
} satisfies Settings;

export const busSettings = {
  bus: optional({ env: "FINALITY_BUS", key: "bus.kind", says: "where messages lie: kafka, or tables in PostgreSQL; when not set kafka where KAFKA_BROKERS is set, else postgres" }, oneOf("kafka", "postgres")),
  kafkaBrokers: optional({ env: "KAFKA_BROKERS", key: "kafka.brokers", says: "brokers to begin with, as host:port,host:port" }, hostList),
  kafkaTls: withDefault({ env: "KAFKA_TLS", key: "kafka.tls", says: "whether the connections to Kafka are encrypted, true or false" }, "false", flag),
  kafkaTlsCaFile: optional({ env: "KAFKA_TLS_CA_FILE", key: "kafka.tlsCaFile", says: "PEM file with the certificates that Kafka's are checked against, where they are not public ones" }, text),
  kafkaSaslMechanism: optional({ env: "KAFKA_SASL_MECHANISM", key: "kafka.sasl.mechanism", says: "how the process says who it is: plain, scram-sha-256 or scram-sha-512" }, oneOf("plain", "scram-sha-256", "scram-sha-512")),
  kafkaSaslUsername: optional({ env: "KAFKA_SASL_USERNAME", key: "kafka.sasl.username", says: "the user for SASL" }, text),
  kafkaSaslPassword: optional({ env: "KAFKA_SASL_PASSWORD", key: "kafka.sasl.password", says: "the password for SASL", secret: true }, text),
  kafkaSessionMs: withDefault({ env: "KAFKA_SESSION_TIMEOUT_MS", key: "kafka.sessionTimeoutMs", says: "how long a silent consumer keeps its partitions, milliseconds" }, "10000", integer(1_000, 300_000)),
} satisfies Settings;

export const queueSettings = {
  queue: optional({ env: "FINALITY_QUEUE", key: "queue.kind", says: "where BullMQ keeps its jobs: redis, or tables in PostgreSQL; when not set redis where REDIS_URL is set, else postgres" }, oneOf("redis", "postgres")),
  redisUrl: optional({ env: "REDIS_URL", key: "redis.url", says: "the Redis of the work queue, as redis://user:password@host:port or rediss://…", secret: true }, urlOf("redis:", "rediss:")),
  jobLockMs: withDefault({ env: "FINALITY_JOB_LOCK_MS", key: "queue.jobLockMs", says: "a killed worker's job moves on after at most twice this, milliseconds" }, "5000", integer(1_000, 120_000)),
} satisfies Settings;

const healthPort = (fallback: number): Setting<number> =>
  withDefault({ env: "FINALITY_HEALTH_PORT", key: "health.port", says: "port of /livez, /readyz, /startupz and /metrics; 0 takes a free one" }, String(fallback), port);

/** What each service process has; their health ports differ, so that all can run on one machine. */
const processSettings = (healthPortDefault: number) =>
  ({
    ...databaseSettings,
    configFile: optional({ env: "FINALITY_CONFIG", key: "config", says: "a YAML file with settings; the environment is stronger" }, text),
    logLevel: withDefault({ env: "FINALITY_LOG_LEVEL", key: "log.level", says: "debug, info, warn, error or silent" }, "info", oneOf("debug", "info", "warn", "error", "silent")),
    healthHost: withDefault({ env: "FINALITY_HEALTH_HOST", key: "health.host", says: "address that health and metrics listen on; they have no authentication" }, "127.0.0.1", text),
    healthPort: healthPort(healthPortDefault),
    startWithinMs: withDefault({ env: "FINALITY_START_WITHIN_MS", key: "process.startWithinMs", says: "how long a start waits for PostgreSQL, Kafka and Redis before it ends with code 69, milliseconds" }, "30000", integer(0, 3_600_000)),
    stopWithinMs: withDefault({ env: "FINALITY_STOP_WITHIN_MS", key: "process.stopWithinMs", says: "how long a clean stop may take before the process ends all the same, milliseconds" }, "10000", integer(100, 600_000)),
    build: withDefault({ env: "FINALITY_BUILD", key: "process.build", says: "names the running release in the provenance of records" }, "finality 0.1.0", text),
    crashAt: optional({ env: "FINALITY_CRASH_AT", key: "process.crashAt", says: "for tests: the process ends as by kill -9 at the n-th passage of a point, as point:n" }, text),
  }) satisfies Settings;

const leaseSettings = {
  leaseMs: withDefault({ env: "FINALITY_LEASE_MS", key: "process.leaseMs", says: "how long a silent process keeps the logs or accounts that it works on, milliseconds" }, "5000", integer(500, 300_000)),
} satisfies Settings;

const deadLetterSettings = {
  deadLetterDays: withDefault({ env: "FINALITY_DEAD_LETTER_DAYS", key: "deadLetters.days", says: "days that a dead letter is kept after it was dealt with; open ones are kept" }, "30", integer(1, 3_650)),
} satisfies Settings;

const words: (given: string) => readonly string[] = (given) => given.split(/[\s,]+/).filter((word) => word !== "");

/** What was attested outside PostgreSQL, and whose signature on it counts. */
const attestedSettings = {
  checkpointFolder: optional({ env: "FINALITY_CHECKPOINTS", key: "attested.checkpoints", says: "folder outside PostgreSQL, on another disk, that keeps the newest signed checkpoint of each log; with it a database that was set back is noticed" }, text),
  knownKeys: withDefault({ env: "FINALITY_KNOWN_KEYS", key: "attested.keys", says: "public keys whose checkpoints count, as name+id+key, separated by spaces" }, "", words),
} satisfies Settings;

const notarySettings = {
  ...attestedSettings,
  signingKey: optional({ env: "FINALITY_SIGNING_KEY", key: "notary.signingKey", says: "the Ed25519 private key that signs checkpoints, as PEM; without it nothing is signed", secret: true }, text),
  deployment: withDefault({ env: "FINALITY_DEPLOYMENT", key: "notary.deployment", says: "names this deployment in checkpoints, and its key" }, "finality", text),
  witnesses: withDefault({ env: "FINALITY_WITNESSES", key: "notary.witnesses", says: "other parties that sign each checkpoint too (finality witness, or any C2SP tlog-witness), as name+id+key@https://host, separated by spaces" }, "", words),
  snapshotEvery: withDefault({ env: "FINALITY_SNAPSHOT_EVERY", key: "notary.snapshotEvery", says: "records between two snapshots of a log's state" }, "10000", integer(1, 1_000_000_000)),
} satisfies Settings;

export const apiSettings = {
  apiHost: withDefault({ env: "FINALITY_API_HOST", key: "api.host", says: "address that the api listens on; beyond loopback it needs FINALITY_API_TOKEN" }, "127.0.0.1", text),
  apiPort: withDefault({ env: "FINALITY_API_PORT", key: "api.port", says: "port of the api; 0 takes a free one" }, "8420", port),
  apiToken: optional({ env: "FINALITY_API_TOKEN", key: "api.token", says: "what callers of the api send as Authorization: Bearer …", secret: true }, text),
} satisfies Settings;

/** What the command line needs to work on a cluster; without a database it works on a data folder. */
export const clusterSettings = { ...busSettings, ...queueSettings, databaseUrl: { ...databaseSettings.databaseUrl, required: false, parse: (given: string | undefined) => (given === undefined ? undefined : databaseSettings.databaseUrl.parse(given)) } } satisfies Settings;

/** The health port of each service when none is set. */
export const healthPorts = { api: 8421, sequencer: 8431, dispatcher: 8432, executor: 8433, "paper-venue": 8434, projector: 8435, notary: 8436 } as const;
export type ServiceName = keyof typeof healthPorts;

/** Which settings each service reads. */
export const serviceSettings = {
  sequencer: { ...processSettings(healthPorts.sequencer), ...busSettings, ...deadLetterSettings, ...attestedSettings },
  dispatcher: { ...processSettings(healthPorts.dispatcher), ...queueSettings, ...leaseSettings },
  executor: { ...processSettings(healthPorts.executor), ...busSettings, ...queueSettings, ...leaseSettings },
  "paper-venue": { ...processSettings(healthPorts["paper-venue"]), ...leaseSettings },
  projector: { ...processSettings(healthPorts.projector), ...leaseSettings },
  notary: { ...processSettings(healthPorts.notary), ...leaseSettings, ...notarySettings },
  api: { ...processSettings(healthPorts.api), ...apiSettings },
} satisfies Record<ServiceName, Settings>;

/** By name; where services differ only in a default, the last one's. */
export const allSettings: Settings = Object.fromEntries(Object.values(serviceSettings).flatMap((each) => Object.entries(each)));
