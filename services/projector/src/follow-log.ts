import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Database } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { ReadModelError, readCheckpoint, writeChanges, type Checkpoint, type ReadModelChanges } from "@finality/read-models";
import { foldAt, HistoryError, type HistoryDeps, type SnapshotStore } from "@finality/history";
import type { Faults, Logger } from "@finality/service-kit";
import { ProjectorError } from "./errors.ts";
import { createProjection, type Beginning, type Projection } from "./projection/projection.ts";

export type FollowDeps = {
  readonly reader: LogReader;
  /** Where a start begins to fold; without it at the first record. */
  readonly snapshots?: SnapshotStore | undefined;
  readonly logger: Logger;
  readonly database: Database;
  /** Asked to pass the point `projector-batch` in every transaction, before its commit. */
  readonly faults: Faults;
  /** Least time between two transactions of a log, milliseconds: what is appended meanwhile is written together. */
  readonly paceMs: number;
  /** Of the lease: aborted when to stop. */
  readonly signal: AbortSignal;
  /** False when another projector may have taken over; asked before each transaction. */
  readonly isHeld: () => boolean;
  /** Told of each position that is committed. */
  readonly onCommitted: (checkpoint: Checkpoint) => void;
};

const firstRetryMs = 50;
const longestRetryMs = 2_000;

/** The world may come back: PostgreSQL restarts, a connection dies. Anything else stops the projection. */
const isPassing = (error: unknown): boolean => error instanceof DatabaseError && ["connection", "commit_unknown", "conflict"].includes(error.code);

/** Repeats until it succeeds or the signal says stop; throws what is not passing. */
const persistently = async (signal: AbortSignal, attempt: () => Promise<void>): Promise<void> => {
  for (let delayMs = firstRetryMs; !signal.aborted; delayMs = Math.min(2 * delayMs, longestRetryMs)) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }
};

/** Somebody else has written the read models: another projector took over, or they were rebuilt. */
export const hasMoved = (error: unknown): boolean => error instanceof ReadModelError && error.code === "checkpoint_moved";

/** After a failed attempt the checkpoint says whether that one was committed after all; it may still be committing while we look. */
const write = async ({ database, signal }: FollowDeps, changes: ReadModelChanges): Promise<void> => {
  const isWritten = async (): Promise<boolean> => (await readCheckpoint(database, changes.to.log))?.position === changes.to.position;
  let isRepeated = false;
  await persistently(signal, async () => {
    try {
      if (!isRepeated || !(await isWritten())) await writeChanges(database, changes);
    } catch (error) {
      if (!isRepeated || !hasMoved(error) || !(await isWritten())) throw error;
    } finally {
      isRepeated = true;
    }
  });
};

const sameRecord = (a: Checkpoint, b: Checkpoint | undefined): boolean => a.generation === b?.generation && a.recordedTimeUs === b.recordedTimeUs;

/** What the log holds at the checkpoint: the state of the newest snapshot before it and the tail. */
const beginningAt = async ({ reader, snapshots, logger, signal }: FollowDeps, log: string, position: number): Promise<Beginning> => {
  const onRejected: HistoryDeps["onRejected"] = (snapshot, reason) => { logger.error({ log, position: snapshot.position }, `the snapshot of log ${log} at position ${String(snapshot.position)} does not match the log and is not used: ${reason}`); };
  const { state } = await foldAt({ source: reader, signal, onRejected, ...(snapshots === undefined ? {} : { snapshots }) }, log, position);
  const [record] = await reader.read(log, position - 1, 1);
  if (record === undefined) return { state, checkpoint: undefined };
  const { generation, recordedTimeUs, venueTimeUs } = record;
  return { state, checkpoint: { log, generation, position, recordedTimeUs, venueTimeUs } };
};

const asProjectorError = (log: string, position: number, error: unknown): unknown => {
  if (!(error instanceof HistoryError)) return error;
  if (error.code === "not_in_log") return new ProjectorError("checkpoint_not_in_log", `The read models of log ${log} are at position ${String(position)}, and the log ends before: it has lost records since. Rebuild the read models.`, { cause: error });
  return error.code === "state_hash_mismatch" ? new ProjectorError("state_hash_mismatch", error.message, { cause: error }) : error;
};

/** A projection that stands at the checkpoint; its rows are what is stored, so they count as taken. */
const restore = async (deps: FollowDeps, log: string): Promise<Projection> => {
  const stored = await readCheckpoint(deps.database, log);
  if (stored === undefined) return createProjection(log);
  const beginning = await beginningAt(deps, log, stored.position).catch((error: unknown) => {
    throw asProjectorError(log, stored.position, error);
  });
  const projection = createProjection(log, beginning);
  if (!sameRecord(stored, projection.checkpoint)) {
    throw new ProjectorError("checkpoint_not_in_log", `The read models of log ${log} were made from generation ${String(stored.generation)}, and its record ${String(stored.position)} is now of generation ${String(projection.checkpoint?.generation)}. Rebuild the read models.`);
  }
  projection.takeChanges();
  return projection;
};

const project = async (deps: FollowDeps, log: string, projection: Projection): Promise<void> => {
  const { reader, signal, isHeld, faults, paceMs, onCommitted } = deps;
  for await (const records of reader.follow(log, projection.position, signal)) {
    const from = projection.position;
    projection.fold(records);
    const { checkpoint: to } = projection;
    if (to === undefined || signal.aborted || !isHeld()) return;
    await write(deps, { from, to, rows: projection.takeChanges(), beforeCommit: () => faults.passing("projector-batch") });
    if (signal.aborted) return;
    onCommitted(to);
    await sleep(paceMs, undefined, { signal }).catch(() => undefined);
  }
};

/**
 * Projects one log until the signal, or until the lease is lost. Waits out a database that is away. Throws what stops this projection: ProjectorError
 * "state_hash_mismatch" or "checkpoint_not_in_log", ReadModelError "checkpoint_moved", EventLogError, EngineError, ContractsError.
 */
export const followLog = async (deps: FollowDeps, log: string): Promise<void> => {
  let projection: Projection | undefined;
  await persistently(deps.signal, async () => {
    projection ??= await restore(deps, log);
    const { checkpoint } = projection;
    if (checkpoint !== undefined) deps.onCommitted(checkpoint);
    await project(deps, log, projection);
  });
};
