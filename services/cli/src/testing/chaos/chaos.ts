import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createNotifier } from "@finality/database";
import { openBus, type Bus } from "@finality/bus";
import { createLogReader } from "@finality/event-log";
import { checkLogs, type LogCheck } from "../../check/check-logs.ts";
import { startCluster, type Cluster, type Counts } from "../../cluster/cluster.ts";
import { writeShortDay } from "../short-day.ts";
import type { Arena } from "./arena.ts";
import { dump } from "./dump.ts";
import { startFeeding, type Feeding } from "./feeding.ts";
import { startGround, type Ground } from "./ground.ts";
import { openProcessLogs } from "./process-logs.ts";
import { faultKinds, scheduleOf, type Fault, type FaultKind } from "./schedule.ts";
import { settleAndStop } from "./settle.ts";
import { throwFault } from "./throw-fault.ts";

export type ChaosOptions = {
  readonly seed: number;
  /** How long faults are thrown; the end, with waiting and checking, comes on top. */
  readonly seconds: number;
  readonly kinds?: readonly FaultKind[];
  readonly nodes?: 1 | 3;
  readonly counts?: Counts;
  /** Logs with recorded data, fed in lock-step. */
  readonly recorded?: number;
  /** Logs on the wall clock, fed by the load generator. */
  readonly live?: number;
  /** Where what is needed to look at a failed run is left; removed after a good one. */
  readonly folder: string;
  readonly say: (line: string) => void;
};

type Thrown = { readonly afterMs: number; readonly fault: Fault; readonly outcome: string };

export type ChaosReport = {
  readonly seed: number;
  readonly seconds: number;
  readonly thrown: readonly Thrown[];
  /** How often a feed had to be started again. */
  readonly feedFailures: number;
  /** What never came to its end; empty after a good run. */
  readonly unsettled: readonly string[];
  readonly checks: readonly LogCheck[];
  /** Why the run itself broke off; undefined when it did not. */
  readonly brokeOff?: string;
  readonly ok: boolean;
};

const usualChaos = { nodes: 1, recorded: 3, live: 3, counts: { sequencer: 3, executor: 2, dispatcher: 2, projector: 2, "paper-venue": 2, api: 1 } } as const satisfies Partial<ChaosOptions>;

/** Minutes of the recorded day that the lock-step feeds play in the time of the run. */
const dayMinutes = 40;
const settleWithinMs = 60_000;
const fedWithinMs = 180_000;
const readyWithinMs = 90_000;
const ticksPerS = 60;

/** Brings up a whole cluster on private servers, feeds it, hurts it by the seed's schedule, lets it settle, and checks it from outside. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const { seed, seconds, folder, say } = options;
  mkdirSync(folder, { recursive: true });
  const logs = openProcessLogs(join(folder, "logs"));
  const thrown: Thrown[] = [];
  say(`seed ${String(seed)}: starting Kafka, PostgreSQL and Redis`);
  const ground = await startGround({ nodes: options.nodes ?? usualChaos.nodes });
  const notifier = createNotifier(ground.postgres.database);
  let bus: Bus | undefined;
  let cluster: Cluster | undefined;
  const feedings: Feeding[] = [];
  const report = (rest: Pick<ChaosReport, "unsettled" | "checks"> & { readonly brokeOff?: string }): ChaosReport => {
    const ok = rest.brokeOff === undefined && rest.unsettled.length === 0 && rest.checks.length > 0 && rest.checks.every(({ findings }) => findings.length === 0);
    return { seed, seconds, thrown, feedFailures: feedings.reduce((sum, each) => sum + each.failures(), 0), ...rest, ok };
  };
  let result = report({ unsettled: [], checks: [], brokeOff: "it was ended" });
  try {
    bus = openBus({ kind: "kafka", brokers: ground.kafka.brokers });
    const running = startCluster({ environment: ground.environment, counts: options.counts ?? usualChaos.counts, onLine: logs.write });
    cluster = running;
    const arena: Arena = { ground, cluster: running, bus, folder, halts: [] };
    await within(readyWithinMs, running.ready(), "the cluster was not ready");
    say(`${String(running.processes().length)} processes are ready`);
    feedings.push(...startFeeds(options, ground, logs.write));
    await Promise.race([throwFaults(arena, options, thrown), running.failed]);
    say("no more faults; waiting for the feeds' end and for quiet");
    await Promise.race([within(fedWithinMs, Promise.all(feedings.map(({ done }) => done)), "the feeds did not come to their end"), running.failed]);
    const unsettled = await settleAndStop({ database: ground.postgres.database, bus }, running, { withinMs: settleWithinMs, onWaiting: (reasons) => { say(`waiting: ${reasons.join("; ")}`); } });
    say("checking");
    const deps = { database: ground.postgres.database, reader: createLogReader({ database: ground.postgres.database, notifier }), bus };
    result = report({ unsettled, checks: await checkLogs(deps, { halts: arena.halts }) });
  } catch (error) {
    result = report({ unsettled: [], checks: [], brokeOff: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    if (!result.ok) await dump(folder, ground, result).catch((error: unknown) => { say(`the dump failed: ${String(error)}`); });
    for (const feeding of feedings) await feeding.stop();
    await cluster?.stop();
    await bus?.close().catch(() => undefined);
    await ground.dispose();
  }
  if (result.ok) rmSync(folder, { recursive: true, force: true });
  return result;
};

const within = async <Result>(ms: number, work: Promise<Result>, otherwise: string): Promise<Result> => {
  const late = new AbortController();
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(() => { throw new Error(`${otherwise} within ${String(ms / 1_000)} s`); });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    late.abort();
  }
};

const startFeeds = ({ seconds, folder, recorded = usualChaos.recorded, live = usualChaos.live }: ChaosOptions, { environment }: Ground, write: (process: string, line: string) => void): readonly Feeding[] => {
  const day = writeShortDay(join(folder, "day"), dayMinutes);
  // The feeds end a little before the faults do, when nothing delays them.
  const speed = Math.ceil((dayMinutes * 60) / (seconds * 0.8));
  return [
    ...(recorded === 0 ? [] : [startFeeding(["feed", "--dataset", day, "--underlyings", String(recorded), "--speed", String(speed)], environment, (line) => { write("feed", line); })]),
    ...(live === 0 ? [] : [startFeeding(["load", "--underlyings", String(live), "--rate", String(ticksPerS), "--per-message", "5", "--seconds", String(Math.ceil(seconds * 0.8))], environment, (line) => { write("load", line); })]),
  ];
};

const throwFaults = async (arena: Arena, { seed, seconds, folder, kinds = faultKinds, say }: ChaosOptions, thrown: Thrown[]): Promise<void> => {
  const beganMs = performance.now();
  for (const { faults, restMs } of scheduleOf(seed, kinds)) {
    if (performance.now() - beganMs > seconds * 1_000) return;
    await Promise.all(
      faults.map(async (fault) => {
        const afterMs = Math.round(performance.now() - beganMs);
        const outcome = await throwFault(arena, fault);
        thrown.push({ afterMs, fault, outcome });
        writeFileSync(join(folder, "thrown.json"), JSON.stringify(thrown, null, 2));
        say(`${(afterMs / 1_000).toFixed(1).padStart(6)} s  ${fault.kind}: ${outcome}`);
      }),
    );
    await sleep(restMs);
  }
};
