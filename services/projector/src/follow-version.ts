import { setTimeout as sleep } from "node:timers/promises";
import type { StoredRecord } from "@finality/contracts";
import { DatabaseError, type Database } from "@finality/database";
import { detachedUpTo, type LogReader } from "@finality/event-log";
import { adoptDecisions, ReadModelError, versionsOf, writeChanges, type Checkpoint, type ReadModelChanges, type ReadModelVersion, type VersionPlace } from "@finality/read-models";
import { foldAt, HistoryError, type HistoryDeps, type SnapshotStore } from "@finality/history";
import type { Faults, Logger } from "@finality/service-kit";
import { ProjectorError } from "./errors.ts";
import { foldTo } from "./projection/fold-to.ts";
import { createProjection, type Beginning, type Projection } from "./projection/projection.ts";

export type FollowDeps = {
  readonly reader: LogReader;
  /** Where a start begins to fold; without it at the first record. */
  readonly snapshots?: SnapshotStore | undefined;
  readonly logger: Logger;
  readonly database: Database;
  /** Asked to pass the point `projector-batch` in every transaction, before its commit. */
  readonly faults: Faults;
  /** Least time between two transactions of a version, milliseconds: what is appended meanwhile is written together. */
  readonly paceMs: number;
  /** Aborted when to stop. */
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
export const persistently = async (signal: AbortSignal, attempt: () => Promise<void>): Promise<void> => {
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

/** Somebody else has written the version: another projector took over, or it was dropped. */
export const hasMoved = (error: unknown): boolean => error instanceof ReadModelError && error.code === "checkpoint_moved";

const stored = async (database: Database, { log, version }: VersionPlace): Promise<ReadModelVersion> => {
  const found = (await versionsOf(database, log)).find((each) => each.version === version);
  if (found === undefined) throw new ReadModelError("checkpoint_moved", `Version ${String(version)} of the read models of log ${log} was dropped.`);
  return found;
};

/** After a failed attempt the checkpoint says whether that one was committed after all; it may still be committing while we look. */
const write = async ({ database, signal }: FollowDeps, changes: ReadModelChanges): Promise<void> => {
  const isWritten = async (): Promise<boolean> => (await stored(database, { log: changes.to.log, version: changes.version })).checkpoint?.position === changes.to.position;
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

const described = ({ generation, recordedTimeUs }: Checkpoint): string => `generation ${String(generation)}, recorded at ${new Date(recordedTimeUs / 1_000).toISOString()}`;

const sameRecord = (a: Checkpoint, b: Checkpoint | undefined): boolean => a.generation === b?.generation && a.recordedTimeUs === b.recordedTimeUs;

/** What the log holds at a position: the state of the newest snapshot before it and the tail. */
const beginningAt = async ({ reader, snapshots, logger, signal }: FollowDeps, log: string, position: number): Promise<Beginning> => {
  const onRejected: HistoryDeps["onRejected"] = (snapshot, reason) => { logger.error({ log, position: snapshot.position }, `the snapshot of log ${log} at position ${String(snapshot.position)} does not match the log and is not used: ${reason}`); };
  const { state } = await foldAt({ source: reader, signal, onRejected, ...(snapshots === undefined ? {} : { snapshots }) }, log, position);
  const [record] = position === 0 ? [] : await reader.read(log, position - 1, 1);
  if (record === undefined) return { state, checkpoint: undefined };
  const { generation, recordedTimeUs, venueTimeUs } = record;
  return { state, checkpoint: { log, generation, position, recordedTimeUs, venueTimeUs } };
};

const asProjectorError = (log: string, position: number, error: unknown): unknown => {
  if (!(error instanceof HistoryError)) return error;
  if (error.code === "not_in_log") return new ProjectorError("checkpoint_not_in_log", `The read models of log ${log} are at position ${String(position)}, and the log ends before: it has lost records since. Rebuild the read models.`, { cause: error });
  return error.code === "state_hash_mismatch" ? new ProjectorError("state_hash_mismatch", error.message, { cause: error }) : error;
};

/**
 * Where an empty version begins: before the first record, or, where the first ones have left for the archive, at the newest snapshot. It
 * then takes the rows of that state, and the decisions up to it from the version that serves.
 */
const beginEmpty = async (deps: FollowDeps, place: VersionPlace): Promise<Projection> => {
  const { log, version } = place;
  const archived = await detachedUpTo(deps.database, log);
  if (archived === 0) return createProjection(log);
  const [snapshot] = (await deps.snapshots?.usable(log, Number.MAX_SAFE_INTEGER)) ?? [];
  if (snapshot === undefined || snapshot.position <= archived) {
    throw new ProjectorError("records_archived", `The records 1 to ${String(archived)} of log ${log} left for the archive, and no snapshot lies behind them: take one (finality snapshots take), then begin a new version.`);
  }
  const beginning = await beginningAt(deps, log, snapshot.position);
  const projection = createProjection(log, beginning);
  const { checkpoint: to } = projection;
  if (to !== undefined) await write(deps, { version, from: 0, to, rows: projection.takeChanges(), beforeCommit: (client) => adoptDecisions(client, place, to.position) });
  return projection;
};

/** A projection that stands at the version's checkpoint; its rows are what is stored, so they count as taken. */
const restore = async (deps: FollowDeps, place: VersionPlace): Promise<Projection> => {
  const { log } = place;
  const { checkpoint, skipped } = await stored(deps.database, place);
  if (checkpoint === undefined && skipped.length === 0) return beginEmpty(deps, place);
  const { position } = checkpoint ?? { position: 0 };
  // No snapshot knows of a skip: behind the first one the records are read again.
  const trueUpTo = Math.min(position, ...skipped.map((each) => each - 1));
  const beginning = await beginningAt(deps, log, trueUpTo).catch((error: unknown) => {
    throw asProjectorError(log, position, error);
  });
  const projection = createProjection(log, beginning, skipped);
  await foldTo(deps.reader, log, projection, { position, signal: deps.signal });
  if (checkpoint !== undefined && !sameRecord(checkpoint, projection.checkpoint)) {
    throw new ProjectorError("checkpoint_not_in_log", `The read models of log ${log} were made from a record ${String(position)} of ${described(checkpoint)}; the log's is another one${projection.checkpoint === undefined ? "" : ` of ${described(projection.checkpoint)}`}. Rebuild the read models.`);
  }
  projection.takeChanges();
  return projection;
};

/** Rows that PostgreSQL does not take, whoever asks. */
const isRefused = (error: unknown): error is DatabaseError => error instanceof DatabaseError && (error.code === "constraint" || error.code === "statement");

const refusedRecord = ({ log, position, type }: StoredRecord, error: DatabaseError): ProjectorError =>
  new ProjectorError("record_failed", `The projection of log ${log} stops at position ${String(position)} (${type}): its rows cannot be written: ${error.message}`, { position, cause: error });

/** "refused": PostgreSQL did not take the rows of a batch; the projection is further than what is written, and the batch is to be taken record by record. */
const project = async (deps: FollowDeps, { log, version }: VersionPlace, projection: Projection, isFirstSingly: boolean): Promise<"ended" | "refused"> => {
  const { reader, signal, isHeld, faults, paceMs, onCommitted } = deps;
  let isSingly = isFirstSingly;
  for await (const batch of reader.follow(log, projection.position, signal)) {
    for (const records of isSingly ? batch.map((record) => [record]) : [batch]) {
      const from = projection.position;
      projection.fold(records);
      const { checkpoint: to } = projection;
      if (to === undefined || signal.aborted || !isHeld()) return "ended";
      try {
        await write(deps, { version, from, to, rows: projection.takeChanges(), beforeCommit: () => faults.passing("projector-batch") });
      } catch (error) {
        if (!isRefused(error)) throw error;
        const [first, ...others] = records;
        if (first === undefined || others.length > 0) return "refused";
        throw refusedRecord(first, error);
      }
      if (signal.aborted) return "ended";
      onCommitted(to);
    }
    isSingly = false;
    await sleep(paceMs, undefined, { signal }).catch(() => undefined);
  }
  return "ended";
};

/**
 * Fills one version of a log's read models until the signal, or until the lease is lost. Waits out a database that is away. Throws what stops
 * this version: ProjectorError, which names the record where one is the cause, ReadModelError "checkpoint_moved", EventLogError.
 */
export const followVersion = async (deps: FollowDeps, place: VersionPlace): Promise<void> => {
  let projection: Projection | undefined;
  let isSingly = false;
  let outcome: "ended" | "refused" = "refused";
  await persistently(deps.signal, async () => {
    while (outcome === "refused") {
      projection ??= await restore(deps, place);
      const { checkpoint } = projection;
      if (checkpoint !== undefined) deps.onCommitted(checkpoint);
      outcome = await project(deps, place, projection, isSingly);
      if (outcome === "refused") [projection, isSingly] = [undefined, true];
    }
  });
};
