export { ServiceKitError, type ServiceKitErrorCode } from "./errors.ts";
export { createFaults, faultPoints, noFaults, type FaultPoint, type Faults } from "./faults.ts";
export { startHealthServer, type HealthServer, type HealthServerOptions } from "./health-server.ts";
export { startKeyedTasks, type KeyedTasks, type KeyedTasksOptions } from "./keyed-tasks.ts";
export { createLogger, silentLogger, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export { aborted, pause } from "./pause.ts";
export { retry, type RetryOptions } from "./retry.ts";
export { createShutdown, type Shutdown, type ShutdownOptions } from "./shutdown.ts";
export { startLoop, type Loop, type LoopOptions } from "./wakeable-loop.ts";
