import { userInfo } from "node:os";
import { createNotifier } from "@finality/database";
import { createLogReader, type LogReader } from "@finality/event-log";
import { halt } from "@finality/execution";
import { createFold, createSnapshotStore, foldAt, HistoryError, type Fold } from "@finality/history";
import { stateHash, type EngineState } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import type { Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import { interruption } from "../house/interruption.ts";
import type { OpenData } from "../house/open-data.ts";
import { printData, say } from "../output.ts";
import { onlyLog, withData, type DataOptions } from "./with-data.ts";

type FollowOptions = DataOptions & { readonly log?: string; readonly from: number; readonly exit?: true; readonly jsonl?: true };

const patienceMs = 5_000;

const lineOf = ({ state, position }: Fold, hash: string, whole: boolean): string =>
  whole ? JSON.stringify({ log: state.facts.log, generation: state.facts.generation, position, recordedTimeUs: state.facts.recordedTimeUs, stateHash: hash }) : `${String(position).padStart(9)}  ${hash}`;

type Stretch = { readonly reader: LogReader; readonly log: string; readonly until: number; readonly signal: AbortSignal };

const followedFrom = async (state: EngineState, { reader, log, until, signal }: Stretch, whole: boolean): Promise<Fold> => {
  const fold = createFold(log, state);
  if (fold.position >= until) return fold;
  for await (const records of reader.follow(log, fold.position, signal)) {
    for (const record of records) {
      if (record.type === "StateHashed") printData(lineOf(fold, stateHash(fold.state, sha256), whole));
      fold.fold(record);
      if (fold.position >= until) return fold;
    }
  }
  return fold;
};

/** In force for every executor when it resolves: what follows differently is not traded on (rule 22). */
const holdTrading = async ({ database, ownFolder }: OpenData, log: string, error: HistoryError): Promise<void> => {
  await halt(database, { haltId: `follow-${log}-${String(error.position ?? 0)}`, log, actor: actorReference(ownFolder, userInfo().username) });
  say(`${error.message}\nTrading of ${log} is held: \`finality books resume\` ends that.`);
};

/**
 * A replica of a log's fold: prints the state's hash in front of each `StateHashed` and at its end, and compares. Exit 6, and the log's trading held,
 * where the writer hashed another state; until Ctrl-C, or with `--exit` to the head of now.
 */
export const runFollow = (config: Config, options: FollowOptions): Promise<ExitCode> =>
  withData(config, options, async (data) => {
    const reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
    const log = await onlyLog(reader, options.log);
    const head = (await reader.head(log))?.position ?? 0;
    const interrupted = interruption(patienceMs);
    const stopping = new AbortController();
    void interrupted.happened.then(() => { stopping.abort(); });
    try {
      const { state } = await foldAt({ source: reader, snapshots: createSnapshotStore(data.database), signal: stopping.signal }, log, Math.min(options.from, head));
      const fold = await followedFrom(state, { reader, log, until: options.exit === true ? head : Infinity, signal: stopping.signal }, options.jsonl === true);
      printData(lineOf(fold, stateHash(fold.state, sha256), options.jsonl === true));
      return stopping.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
    } catch (error) {
      if (!(error instanceof HistoryError) || error.code !== "state_hash_mismatch") throw error;
      await holdTrading(data, log, error);
      return exitCodes.findings;
    } finally {
      interrupted.done();
    }
  });
