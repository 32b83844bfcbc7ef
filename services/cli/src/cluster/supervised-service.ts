import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceName } from "@finality/runtime";
import { startServiceProcess, type Ended, type Launch, type ServiceProcess } from "./service-process.ts";

export type SupervisedProcess = {
  readonly name: string;
  readonly service: ServiceName;
  /** Of the newest start. */
  readonly pid: number;
  /** Address of its health server once it is ready; undefined while it starts or is down. */
  readonly health: string | undefined;
  /** How often it was started again. */
  readonly restarts: number;
};

export type Supervised = {
  look(): SupervisedProcess;
  /** Resolves when the newest start has said that it is ready. */
  ready(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  restart(): Promise<void>;
  /** Ends it for good. True when it had to be killed. */
  end(signal: NodeJS.Signals): Promise<boolean>;
};

export type SuperviseOptions = {
  readonly name: string;
  readonly service: ServiceName;
  readonly launch: Launch;
  readonly onLine: (line: string) => void;
  /** It is not started again: its settings are wrong, or it died `deathsMax` times in a row before it was ready. */
  readonly onFailed: (error: Error) => void;
};

/** What a clean stop may take before the process is killed. */
const stopWithinMs = 6_000;
const firstPauseMs = 500;
const longestPauseMs = 8_000;
/** Starts in a row that ended before the process was ready; with the pauses and the starts' own waiting this is minutes. */
const deathsMax = 10;
const badSettings = 2;

/** Keeps one process of a service running: started again after a pause that doubles with each death in a row. */
export const superviseService = (options: SuperviseOptions): Supervised => {
  const { name, service, launch, onLine, onFailed } = options;
  const ending = new AbortController();
  let current: ServiceProcess | undefined;
  let health: string | undefined;
  let starts = 0;
  /** A restart that was asked for: no back-off. */
  let asked = false;
  let ready = Promise.withResolvers<undefined>();

  const runOnce = async (): Promise<{ readonly ended: Ended; readonly wasReady: boolean }> => {
    starts += 1;
    const started = startServiceProcess(launch, onLine);
    current = started;
    void started.ready.then((address) => {
      if (current !== started) return;
      health = address;
      ready.resolve(undefined);
    });
    const ended = await started.ended;
    const wasReady = health !== undefined;
    [current, health] = [undefined, undefined];
    if (wasReady) ready = Promise.withResolvers();
    return { ended, wasReady };
  };
  const run = async (): Promise<void> => {
    for (let deaths = 0; !ending.signal.aborted; ) {
      const { ended, wasReady } = await runOnce();
      if (ending.signal.aborted) return;
      if (ended.code === badSettings) {
        onFailed(new Error(`${name} does not accept its settings; its lines above name them.`));
        return;
      }
      if (asked) {
        [asked, deaths] = [false, 0];
        continue;
      }
      deaths = wasReady ? 1 : deaths + 1;
      if (deaths >= deathsMax) {
        onFailed(new Error(`${name} died ${String(deaths)} times in a row before it was ready (${describe(ended)}): not started again.`));
        return;
      }
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (deaths - 1));
      onLine(`${name} ${describe(ended)}: started again in ${String(pauseMs)} ms`);
      await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const over = run();

  return {
    look: () => ({ name, service, pid: current?.pid ?? 0, health, restarts: Math.max(0, starts - 1) }),
    ready: () => ready.promise.then(() => undefined),
    signal: (signal) => current?.signal(signal),
    restart: async () => {
      const old = current;
      if (old === undefined) return ready.promise;
      asked = true;
      await endProcess(old, "SIGTERM");
      await ready.promise;
    },
    end: async (signal) => {
      ending.abort();
      const forced = current === undefined ? false : await endProcess(current, signal);
      await over;
      return forced;
    },
  };
};

/** True when it had to be killed. */
const endProcess = async (process: ServiceProcess, signal: NodeJS.Signals): Promise<boolean> => {
  process.signal(signal);
  // One that is stopped by SIGSTOP hears nothing else.
  process.signal("SIGCONT");
  let forced = false;
  const timer = setTimeout(() => {
    forced = true;
    process.signal("SIGKILL");
  }, stopWithinMs);
  await process.ended;
  clearTimeout(timer);
  return forced;
};

const describe = ({ code, signal }: Ended): string => (signal === null ? `ended with code ${String(code)}` : `was ended by ${signal}`);
