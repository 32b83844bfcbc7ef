import { readFileSync } from "node:fs";
import { RuntimeError } from "../errors.ts";
import type { busSettings, queueSettings } from "./definitions.ts";
import type { Values } from "./setting.ts";

export type KafkaConnection = {
  readonly kind: "kafka";
  readonly brokers: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly tls?: { readonly ca?: string };
  readonly sasl?: { readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; readonly username: string; readonly password: string };
};

const refuse = (message: string): never => {
  throw new RuntimeError("bad_settings", `The settings cannot be used.\n  ${message}`);
};

/** Which bus, and how it is reached. Throws `RuntimeError` "bad_settings" when what belongs together is not there together. */
export const busConnection = (values: Values<typeof busSettings>): KafkaConnection | { readonly kind: "postgres" } => {
  const kind = values.bus ?? (values.kafkaBrokers === undefined ? "postgres" : "kafka");
  if (kind === "postgres") return { kind };
  const brokers = values.kafkaBrokers ?? refuse("FINALITY_BUS is kafka, but KAFKA_BROKERS is missing.");
  return { kind, brokers, sessionTimeoutMs: values.kafkaSessionMs, ...tlsOf(values), ...saslOf(values) };
};

const tlsOf = ({ kafkaTls, kafkaTlsCaFile }: Values<typeof busSettings>): Pick<KafkaConnection, "tls"> => {
  if (!kafkaTls) return kafkaTlsCaFile === undefined ? {} : refuse("KAFKA_TLS_CA_FILE is set, but KAFKA_TLS is not true.");
  if (kafkaTlsCaFile === undefined) return { tls: {} };
  try {
    return { tls: { ca: readFileSync(kafkaTlsCaFile, "utf8") } };
  } catch (error) {
    return refuse(`KAFKA_TLS_CA_FILE is "${kafkaTlsCaFile}", which cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const saslOf = ({ kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password }: Values<typeof busSettings>): Pick<KafkaConnection, "sasl"> => {
  if (mechanism === undefined) return username === undefined && password === undefined ? {} : refuse("KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set, but KAFKA_SASL_MECHANISM is missing.");
  if (username === undefined || password === undefined) return refuse(`KAFKA_SASL_MECHANISM is ${mechanism}, but KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is missing.`);
  return { sasl: { mechanism, username, password } };
};

export type QueueConnection = { readonly kind: "redis"; readonly url: string } | { readonly kind: "postgres" };

/** Which storage BullMQ has, and how it is reached. Throws `RuntimeError` "bad_settings". */
export const queueConnection = ({ queue, redisUrl }: Values<typeof queueSettings>): QueueConnection => {
  const kind = queue ?? (redisUrl === undefined ? "postgres" : "redis");
  if (kind === "postgres") return { kind };
  return { kind, url: redisUrl ?? refuse("FINALITY_QUEUE is redis, but REDIS_URL is missing.") };
};
