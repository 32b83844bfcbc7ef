import { createNotifier, type Database } from "@finality/database";
import { createLogReader, createLogWriter } from "@finality/event-log";
import { createSnapshotStore, foldAt, takeSnapshot, type HistoryDeps } from "@finality/history";
import { privatePostgres, seededRandom } from "@finality/testkit";
import type { RecordContent } from "@finality/contracts";
import { alone, compared, median, percentile, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { contentsOf, generatedLog } from "../recording/generated-log.ts";
import { elapsedMs } from "../timing.ts";
import { appendOf } from "./appends.ts";

const atMost = 20;
const ticks = 10_000_000;
const recordsPerAppend = 500;
/** Records between two snapshots, at least; the appends' ends are where they can be. */
const snapshotEvery = 2_000;
const questions = 60;
const warmUp = 10;

/** The state at a random position of ten million ticks in PostgreSQL: nearest snapshot and tail, beside a position where the tail is empty. */
export const asOf = async (): Promise<readonly Measurement[]> => {
  const server = await privatePostgres();
  try {
    const { database } = server;
    const { log, head, places } = await writeLog(database);
    const deps: HistoryDeps = { source: createLogReader({ database, listening: false }), snapshots: createSnapshotStore(database) };
    const random = seededRandom(1);
    const [asked, snapshots, tails]: [number[], number[], number[]] = [[], [], []];
    for (let question = 0; question < warmUp + questions; question++) {
      const position = random.integer(places[0] ?? 1, head);
      const place = places.findLast((each) => each <= position) ?? 1;
      asked.push(await elapsedMs(() => foldAt(deps, log, position)));
      snapshots.push(await elapsedMs(() => foldAt(deps, log, place)));
      tails.push(position - place);
    }
    const [asOfMs, snapshotMs, tail] = [asked, snapshots, tails].map((values) => values.slice(warmUp)).map((values) => ({ middle: median(values), late: percentile(values, 0.95) }));
    if (asOfMs === undefined || snapshotMs === undefined || tail === undefined) throw new Error("Nothing was measured.");
    return [
      compared(`as of: a random position, snapshots ${String(snapshotEvery)} records apart, p50; baseline: a snapshot`, { value: asOfMs.middle, baseline: snapshotMs.middle, unit: "ms" }, { atMost }),
      compared("as of: the same, p95", { value: asOfMs.late, baseline: snapshotMs.middle, unit: "ms" }, { atMost }),
      alone("as of: records folded behind the snapshot, p50", tail.middle, "records"),
      alone("as of: records in the log", head, "records"),
    ];
  } finally {
    await server.dispose();
  }
};

type Written = { readonly log: string; readonly head: number; readonly places: readonly number[] };

/** Writes the log and its snapshots; answers where these are. */
const writeLog = async (database: Database): Promise<Written> => {
  const { log, state, steps } = await generatedLog();
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  const reader = createLogReader({ database, listening: false });
  const store = createSnapshotStore(database);
  const { epoch } = await writer.takeOver(log);
  const places: number[] = [];
  let waiting: RecordContent[] = [];
  let [written, head, index] = [0, 0, 0];
  for (const step of steps()) {
    waiting.push(...contentsOf(step));
    written += step.ticks;
    if (waiting.length < recordsPerAppend && written < ticks) continue;
    ({ position: head } = await writer.append(appendOf({ log, epoch, after: head, index }, waiting)));
    waiting = [];
    index++;
    if (index % 4_000 === 0) progress(`${written.toLocaleString("en")} ticks written`);
    if (head - (places.at(-1) ?? 0) >= snapshotEvery) {
      const [last] = await reader.read(log, head - 1, 1);
      if (last === undefined) throw new Error(`Log ${log} has no record at its head ${String(head)}.`);
      await store.put(await takeSnapshot(state, { leafHash: last.leafHash, build: "bench" }));
      places.push(head);
    }
    if (written >= ticks) break;
  }
  return { log, head, places };
};
