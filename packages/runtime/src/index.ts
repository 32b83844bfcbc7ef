export { RuntimeError, type RuntimeErrorCode } from "./errors.ts";
export { createMetrics, type Metrics, type Sample } from "./metrics.ts";
export { runService, type RunningService, type ServiceContext } from "./run-service.ts";
export { busConnection, queueConnection, type KafkaConnection, type QueueConnection } from "./settings/connections.ts";
export { allSettings, apiSettings, busSettings, clusterSettings, databaseSettings, healthPorts, queueSettings, serviceSettings, type ServiceName } from "./settings/definitions.ts";
export { lookAtSettings, readSettings, type Origin, type SettingsSeen, type Shown, type Sources } from "./settings/read-settings.ts";
export type { Setting, Settings, Values } from "./settings/setting.ts";
