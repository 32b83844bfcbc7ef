import { Kafka, logLevel, type LogEntry, type SASLOptions } from "kafkajs";
import { registerCodecs } from "./codecs.ts";

/** What the bus tells of troubles that mend themselves. */
export type BusLogger = {
  debug(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
};

/** How Kafka is reached. */
export type KafkaConnection = {
  /** host:port of brokers to begin with; the others are learned from them. */
  readonly brokers: readonly string[];
  /** In Kafka's own logs and quotas; default `finality`. */
  readonly clientId?: string;
  /** Encrypted connections; `ca` holds PEM certificates where the brokers' are not public ones. */
  readonly tls?: { readonly ca?: string };
  readonly sasl?: { readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; readonly username: string; readonly password: string };
  /** How long a silent consumer keeps its partitions, milliseconds; default 10,000. The brokers' own limits hold too. */
  readonly sessionTimeoutMs?: number;
  readonly logger?: BusLogger;
};

const connectionTimeoutMs = 5_000;
/** A broker that restarts is away for some seconds; what tries for longer fails and is begun anew by whoever uses it. */
export const retries = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 } as const;

const silent: BusLogger = { debug: () => undefined, warn: () => undefined };
export const loggerOf = ({ logger = silent }: KafkaConnection): BusLogger => logger;

/**
 * kafkajs calls an error what it then mends itself: that is a warning here. Each answer of a broker that is not a success, such as each
 * heartbeat during a rebalance, and the rest are for those who look for it; what is not mended fails the call or the consumer.
 */
const logCreator =
  (logger: BusLogger) =>
  () =>
  ({ level, namespace, log: { message, timestamp: _at, ...fields } }: LogEntry): void => {
    if (level === logLevel.ERROR && namespace !== "Connection") logger.warn({ kafkajs: namespace, ...fields }, message);
    else logger.debug({ kafkajs: namespace, ...fields }, message);
  };

const saslOf = ({ mechanism, username, password }: NonNullable<KafkaConnection["sasl"]>): SASLOptions => ({ mechanism, username, password });

/** Throws when a codec of the cluster's messages could not be read here. */
export const createClient = (connection: KafkaConnection): Kafka => {
  registerCodecs();
  const { brokers, clientId = "finality", tls, sasl } = connection;
  return new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: connectionTimeoutMs,
    retry: retries,
    logLevel: logLevel.WARN,
    logCreator: logCreator(loggerOf(connection)),
    ...(tls === undefined ? {} : { ssl: tls.ca === undefined ? true : { ca: [tls.ca] } }),
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
  });
};
