// The settings alone, for a command line that shall not load what a service is made of before it knows what it is asked.
export { busConnection, queueConnection, type KafkaConnection, type QueueConnection } from "./connections.ts";
export { allSettings, apiSettings, busSettings, clusterSettings, databaseSettings, healthPorts, queueSettings, serviceSettings, type ServiceName } from "./definitions.ts";
export { lookAtSettings, readSettings, type Origin, type SettingsSeen, type Shown, type Sources } from "./read-settings.ts";
export type { Setting, Settings, Values } from "./setting.ts";
