export { KafkaBrokerError, type KafkaBrokerErrorCode } from "./errors.ts";
export { spawnGuarded, type GuardedProcess } from "./guarded-process.ts";
export { checkTools } from "./jars.ts";
export type { KafkaNode } from "./node.ts";
export { ask, freePorts } from "./ports.ts";
export type { SaslUser } from "./properties.ts";
export { startKafka, type Kafka, type KafkaOptions } from "./start-kafka.ts";
