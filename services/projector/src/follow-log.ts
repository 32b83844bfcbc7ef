import { setTimeout as sleep } from "node:timers/promises";
import { semantics } from "@finality/engine";
import { beginVersion, isOwnShape, markFailed, ReadModelError, switchItself, versionsOf, type Checkpoint, type ReadModelVersion, type VersionPlace } from "@finality/read-models";
import { ProjectorError } from "./errors.ts";
import { followVersion, hasMoved, persistently, type FollowDeps } from "./follow-version.ts";

/** How far the version that serves is, and what stopped it. */
export type Serving = { readonly checkpoint: Checkpoint | undefined; readonly error: unknown };

export type FollowLogDeps = Omit<FollowDeps, "onCommitted"> & {
  /** Of all logs, as they were a moment ago. */
  readonly versions: () => Promise<readonly ReadModelVersion[]>;
  /** Told of each change. */
  readonly onServing: (serving: Serving) => void;
  /** Told once when a version stands still by an error; the others go on. */
  readonly onStopped: (version: VersionPlace, error: unknown) => void;
};

/** How often the versions of a log are looked at: begun, switched, skipped and dropped ones are found then. */
export const lookMs = 200;

/** What this release fills: versions of its own rows, made by its own engine, and what serves meanwhile. */
const isOurs = (version: ReadModelVersion): boolean => isOwnShape(version) && (version.isServing || version.semantics === semantics);

type Following = { readonly ending: AbortController; readonly skips: number; done: Promise<void>; hasEnded: boolean; checkpoint: Checkpoint | undefined; error: unknown };

/** Stopped by the lease or by somebody else's writing: no failure, the next look begins again. */
const isSteppingBack = (error: unknown): boolean => hasMoved(error) || (error instanceof ProjectorError && error.code === "stopped");

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Followers = {
  /** Of versions that are to be filled: begins, or begins again what ended or may go on. */
  attend(version: ReadModelVersion): Promise<void>;
  /** Ends what is not among these. */
  keepOnly(versions: readonly ReadModelVersion[]): Promise<void>;
  /** Which version is told of from now on. */
  serves(version: number | undefined): void;
  endAll(): Promise<void>;
};

const createFollowers = (deps: FollowLogDeps, log: string): Followers => {
  const { database, logger, signal, onServing, onStopped } = deps;
  const followed = new Map<number, Following>();
  let serving: number | undefined;

  const tell = (version: number): void => {
    const following = followed.get(version);
    if (version === serving && following !== undefined) onServing(following);
  };

  const fail = async (version: ReadModelVersion, following: Following, error: unknown): Promise<void> => {
    const position = error instanceof ProjectorError ? error.position : undefined;
    await persistently(signal, () => markFailed(database, version, { position, reason: reasonOf(error) })).catch((cause: unknown) => {
      logger.error({ log, version: version.version, err: cause }, "that a version stands still could not be written down");
    });
    following.error = error;
    onStopped(version, error);
    tell(version.version);
  };

  const start = (version: ReadModelVersion): void => {
    const following: Following = { ending: new AbortController(), skips: version.skipped.length, done: Promise.resolve(), hasEnded: false, checkpoint: undefined, error: undefined };
    const ending = AbortSignal.any([signal, following.ending.signal]);
    followed.set(version.version, following);
    const onCommitted = (checkpoint: Checkpoint): void => {
      following.checkpoint = checkpoint;
      tell(version.version);
    };
    following.done = followVersion({ ...deps, signal: ending, onCommitted }, version)
      .catch((error: unknown) => (isSteppingBack(error) || ending.aborted ? undefined : fail(version, following, error)))
      .finally(() => (following.hasEnded = true));
  };

  const end = async (version: number): Promise<void> => {
    const following = followed.get(version);
    following?.ending.abort();
    await following?.done;
    followed.delete(version);
  };

  return {
    attend: async (version) => {
      const following = followed.get(version.version);
      if (following !== undefined && !following.hasEnded) return;
      if (following?.error !== undefined && following.skips === version.skipped.length) return;
      await end(version.version);
      start(version);
    },
    keepOnly: async (versions) => {
      for (const version of followed.keys()) if (!versions.some((each) => each.version === version)) await end(version);
    },
    serves: (version) => {
      if (version === undefined || version === serving) return;
      serving = version;
      tell(version);
    },
    endAll: async () => { await Promise.all([...followed.keys()].map(end)); },
  };
};

/** A version that a new release began serves when it is as far as the one before; what was seen a moment ago says whether to try. */
const switchCaughtUp = async ({ database, logger }: FollowLogDeps, versions: readonly ReadModelVersion[]): Promise<void> => {
  const serving = versions.find(({ isServing }) => isServing)?.checkpoint?.position ?? 0;
  for (const version of versions.filter(({ switchesItself, checkpoint, failure }) => switchesItself && failure === undefined && checkpoint !== undefined && checkpoint.position >= serving)) {
    try {
      await switchItself(database, version);
      logger.info({ log: version.log, version: version.version }, `version ${String(version.version)} of the read models of log ${version.log} serves now`);
    } catch (error) {
      if (!(error instanceof ReadModelError) || (error.code !== "version_behind" && error.code !== "no_version" && error.code !== "version_failed")) throw error;
    }
  }
};

/** The versions of a log, with one of this release among them: it is begun where there is none. */
const versionsWithOurs = async ({ database, logger, versions }: FollowLogDeps, log: string): Promise<readonly ReadModelVersion[]> => {
  const found = (await versions()).filter((version) => version.log === log);
  if (found.some((version) => isOwnShape(version) && version.semantics === semantics)) return found;
  const version = await beginVersion(database, { log, semantics, switchesItself: true, actor: "projector" });
  if (found.length > 0) logger.info({ log, version }, `the read models of log ${log} are of another release: version ${String(version)} is built beside and serves when it has caught up`);
  return versionsOf(database, log);
};

/**
 * Fills the versions of one log's read models until the signal, each by a fold of its own: one that fails stands still alone, with the record and
 * the reason in its row, until an operator skips the record or the projector starts again. A log without a version of this release gets one beside
 * the one that serves, and it serves as soon as it has caught up.
 */
export const followLog = async (deps: FollowLogDeps, log: string): Promise<void> => {
  const { signal } = deps;
  const followers = createFollowers(deps, log);
  const look = async (): Promise<void> => {
    const versions = await versionsWithOurs(deps, log);
    followers.serves(versions.find(({ isServing }) => isServing)?.version);
    const ours = versions.filter(isOurs);
    await followers.keepOnly(ours);
    for (const version of ours) await followers.attend(version);
    await switchCaughtUp(deps, versions);
  };
  try {
    while (!signal.aborted) {
      await persistently(signal, look);
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await followers.endAll();
  }
};
