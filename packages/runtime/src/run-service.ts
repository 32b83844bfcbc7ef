import { randomUUID } from "node:crypto";
import { createNotifier, openDatabase, pendingMigrations, type Database, type Notifier } from "@finality/database";
import { createFaults, createLogger, createShutdown, pause, startHealthServer, type Faults, type Logger, type Shutdown } from "@finality/service-kit";
import { RuntimeError } from "./errors.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { serviceSettings, type ServiceName } from "./settings/definitions.ts";
import { environmentOfProcess } from "./config.ts";
import { readSettings } from "./settings/read-settings.ts";
import type { Values } from "./settings/setting.ts";

export type ServiceContext<Name extends ServiceName> = {
  readonly settings: Values<(typeof serviceSettings)[Name]>;
  readonly database: Database;
  readonly notifier: Notifier;
  readonly logger: Logger;
  readonly faults: Faults;
  readonly metrics: Metrics;
  /** Names this start of the process; never used twice. */
  readonly instance: string;
  /** Closed after the service has stopped, the last one added first. */
  readonly closeLater: (name: string, close: () => Promise<void>) => void;
};

export type RunningService = {
  /** Rejects when the service gives up for good. */
  readonly failed?: Promise<never>;
  /** Undefined: ready for work; else why not, in words. */
  readonly notReady?: () => string | undefined | Promise<string | undefined>;
  stop(): Promise<void>;
};

const exitCodes = { failed: 1, badSettings: 2, unavailable: 69, orphaned: 1 } as const;
const retryEveryMs = 500;

/**
 * One service as a process: reads its settings, waits for what it depends on, starts, answers for its health, and stops in order on SIGTERM,
 * SIGINT, or when the process that started it over an ipc channel is gone. Ends with 2 for bad settings, 69 when a dependency is not there
 * in time, 1 when the service gave up, 143 or 130 after a signal. Never returns while the service runs.
 */
export const runService = async <Name extends ServiceName>(name: Name, start: (context: ServiceContext<Name>) => Promise<RunningService>): Promise<void> => {
  const settings = settingsOrExit(name);
  const logger = createLogger({ service: name, level: settings.logLevel });
  const shutdown = createShutdown({ logger, boundMs: settings.stopWithinMs });
  const endWith = async (code: number): Promise<never> => {
    await Promise.race([shutdown.stop(), pause(settings.stopWithinMs, new AbortController().signal)]);
    process.exit(code);
  };
  shutdown.onSignals();
  process.on("disconnect", () => {
    logger.error({}, "the process that started this one is gone: stopping");
    void endWith(exitCodes.orphaned);
  });
  try {
    const running = await startAll(name, settings, { logger, shutdown }, start);
    await running.failed;
  } catch (error) {
    if (shutdown.signal.aborted) return;
    const unavailable = isUnavailable(error);
    logger.error({ err: error }, unavailable ? `a dependency of the ${name} was not there within ${String(settings.startWithinMs)} ms: ended` : `the ${name} gave up: ended`);
    await endWith(unavailable ? exitCodes.unavailable : error instanceof RuntimeError && error.code === "bad_settings" ? exitCodes.badSettings : exitCodes.failed);
  }
};

const settingsOrExit = <Name extends ServiceName>(name: Name): Values<(typeof serviceSettings)[Name]> => {
  try {
    return readSettings(serviceSettings[name], { environment: environmentOfProcess() });
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(exitCodes.badSettings);
  }
};

type Ground = { readonly logger: Logger; readonly shutdown: Shutdown };

const startAll = async <Name extends ServiceName>(name: Name, settings: Values<(typeof serviceSettings)[Name]>, { logger, shutdown }: Ground, start: (context: ServiceContext<Name>) => Promise<RunningService>): Promise<RunningService> => {
  const metrics = createMetrics(name);
  const database = openDatabase(settings.databaseUrl, { applicationName: `finality ${name}`, max: settings.databaseConnections });
  const standing: { missing: string | undefined; service?: RunningService } = { missing: "it is starting" };
  const notReady = async (): Promise<string | undefined> => (shutdown.signal.aborted ? "it is stopping" : ((await reasonAway(database)) ?? standing.service?.notReady?.()));
  const health = await startHealthServer({ host: settings.healthHost, port: settings.healthPort, notStarted: () => standing.missing, notReady, metrics: () => metrics.text() });
  shutdown.add("health", () => health.close());

  shutdown.add("database", () => database.close());
  const notifier = createNotifier(database, { listening: true });
  shutdown.add("notifier", () => notifier.close());
  const onWaiting = (reason: string): void => {
    if (reason !== standing.missing) logger.warn({}, `${reason}; waiting`);
    standing.missing = reason;
  };
  const waiting = { withinMs: settings.startWithinMs, signal: shutdown.signal, onWaiting };
  await whenAvailable(waiting, () => requireMigrated(database));
  const context: ServiceContext<Name> = {
    settings,
    database,
    notifier,
    logger,
    metrics,
    faults: createFaults(settings.crashAt),
    instance: `${name}-${randomUUID()}`,
    closeLater: (what, close) => { shutdown.add(what, close); },
  };
  const service = await whenAvailable(waiting, () => start(context));
  shutdown.add(name, () => service.stop());
  standing.service = service;
  standing.missing = undefined;
  logger.info({ health: `http://${settings.healthHost}:${String(health.port)}`, pid: process.pid, build: settings.build }, "ready");
  return service;
};

const pingWithinMs = 1_500;

/** Undefined: the database answers in time. */
const reasonAway = (database: Database): Promise<string | undefined> => {
  const away = `the database ${database.place} does not answer`;
  const answered = database.query("SELECT").then(() => undefined, () => away);
  return Promise.race([answered, pause(pingWithinMs, AbortSignal.timeout(2 * pingWithinMs)).then(() => away)]);
};

/** A service never migrates: one job does, before. */
const requireMigrated = async (database: Database): Promise<void> => {
  const pending = await pendingMigrations(database);
  if (pending.length > 0) throw new RuntimeError("unavailable", `The database ${database.place} lacks the migrations ${pending.join(", ")}: run \`finality migrate\``);
};

type Waiting = { readonly withinMs: number; readonly signal: AbortSignal; readonly onWaiting: (reason: string) => void };

/** Tries until it works, something else is wrong, or the time is over. */
const whenAvailable = async <Result>({ withinMs, signal, onWaiting }: Waiting, attempt: () => Promise<Result>): Promise<Result> => {
  for (const beganMs = performance.now(); ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !isUnavailable(error) || performance.now() - beganMs + retryEveryMs > withinMs) throw error;
      onWaiting(error instanceof Error ? error.message : String(error));
      await pause(retryEveryMs, signal);
    }
  }
};

/** What waiting may mend. The adapters' error classes lie above this package; all of them call it so. */
const isUnavailable = (error: unknown): boolean => error instanceof Error && "code" in error && (error.code === "unavailable" || error.code === "connection");
