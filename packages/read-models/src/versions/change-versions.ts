import type { Database, Queryable } from "@finality/database";
import { ReadModelError } from "../errors.ts";
import { tableNames } from "../writing/tables.ts";
import { readModelShape, versionsOf, type ReadModelVersion, type VersionPlace } from "./versions.ts";

// Everything that is done with versions as wholes. Whoever does it holds the log's lock, and leaves a row that says who it was.

/** The salted reference of a person, or the name of a service. */
type By = { readonly actor: string };

const locked = <T>(database: Database, log: string, work: (client: Queryable) => Promise<T>): Promise<T> =>
  database.transaction(async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('read models of ' || $1, 0))", [log]);
    return work(client);
  });

type Action = By & { readonly kind: "begun" | "adopted" | "switched" | "skipped" | "dropped"; readonly position?: number; readonly reason?: string };

const note = async (client: Queryable, { log, version }: VersionPlace, { kind, position, reason, actor }: Action): Promise<void> => {
  await client.query("INSERT INTO projection.action (log, version, kind, position, reason, actor) VALUES ($1, $2, $3, $4, $5, $6)", [log, version, kind, position ?? null, reason ?? null, actor]);
};

/** Throws ReadModelError "no_version". */
const find = async (client: Queryable, { log, version }: VersionPlace): Promise<ReadModelVersion> => {
  const all = await versionsOf(client, log);
  const found = all.find((each) => each.version === version);
  if (found === undefined) throw new ReadModelError("no_version", `The read models of log ${log} have no version ${String(version)}; there ${all.length === 1 ? "is" : "are"} ${all.map((each) => String(each.version)).join(", ") || "none"}.`);
  return found;
};

export type Begin = By & {
  readonly log: string;
  /** Of the engine that will fold it. */
  readonly semantics: number;
  /** Whether it shall serve as soon as it has caught up. */
  readonly switchesItself: boolean;
};

/**
 * Begins an empty version of this release's shape; the projector fills it. The first one of a log serves at once. Answers its number,
 * which no other version of the log ever had. With `switchesItself` one that was begun so already, of the same semantics, is answered.
 */
export const beginVersion = (database: Database, { log, semantics, switchesItself, actor }: Begin): Promise<number> =>
  locked(database, log, async (client) => {
    const all = await versionsOf(client, log);
    const own = switchesItself ? all.find((each) => each.shape === readModelShape && each.semantics === semantics) : undefined;
    if (own !== undefined) return own.version;
    const { rows } = await client.query<{ version: number }>("SELECT coalesce(max(version), 0) + 1 AS version FROM projection.action WHERE log = $1", [log]);
    const version = rows[0]?.version ?? 1;
    const isFirst = all.length === 0;
    await client.query("INSERT INTO projection.version (log, version, shape, semantics, switches_itself) VALUES ($1, $2, $3, $4, $5)", [log, version, readModelShape, semantics, switchesItself && !isFirst]);
    if (isFirst) await client.query("INSERT INTO projection.serving (log, version) VALUES ($1, $2)", [log, version]);
    await note(client, { log, version }, { kind: "begun", actor });
    return version;
  });

/**
 * Lets readers see another version, in one transaction that holds both still (rule 38). Throws ReadModelError "no_version", "version_failed", and
 * "version_behind" while the new one is not as far as the one that serves, or as the log where that one is ahead of it.
 */
export const switchVersion = (database: Database, place: VersionPlace, { actor }: By): Promise<void> =>
  locked(database, place.log, async (client) => {
    await client.query("SELECT FROM projection.version WHERE log = $1 ORDER BY version FOR UPDATE", [place.log]);
    const next = await find(client, place);
    if (next.isServing) return;
    const serving = (await versionsOf(client, place.log)).find(({ isServing }) => isServing);
    // What stands behind the log's end was made from records that are lost: there is nothing to wait for.
    const { rows } = await client.query<{ position: number }>("SELECT position FROM event_log.head WHERE log = $1", [place.log]);
    const [to, from] = [next.checkpoint?.position ?? 0, Math.min(serving?.checkpoint?.position ?? 0, rows[0]?.position ?? Infinity)];
    if (next.failure !== undefined) throw new ReadModelError("version_failed", `Version ${String(place.version)} of log ${place.log} stands still: ${next.failure.reason}`);
    if (to < from) {
      throw new ReadModelError("version_behind", `Version ${String(place.version)} of log ${place.log} is at position ${String(to)}, version ${String(serving?.version)}, which serves, at ${String(from)} already.`);
    }
    await client.query("UPDATE projection.serving SET version = $2 WHERE log = $1", [place.log, place.version]);
    await note(client, place, { kind: "switched", position: to, actor });
  });

/** It serves by itself once only: who switches back stays there. */
export const switchItself = async (database: Database, place: VersionPlace): Promise<void> => {
  await switchVersion(database, place, { actor: "projector" });
  await database.query("UPDATE projection.version SET switches_itself = false WHERE log = $1 AND version = $2", [place.log, place.version]);
};

/**
 * Lets a version pass over the record that it failed at, and no other; its projector goes on behind it. Its state is then no longer the
 * log's, and is not compared with the recorded hashes any more. Throws ReadModelError "no_version", "not_failed_there".
 */
export const skipRecord = (database: Database, place: VersionPlace, { position, reason, actor }: By & { readonly position: number; readonly reason: string }): Promise<void> =>
  locked(database, place.log, async (client) => {
    const { failure } = await find(client, place);
    if (failure?.position !== position) {
      const stands = failure === undefined ? "has not failed" : failure.position === undefined ? `failed at no single record (${failure.reason})` : `failed at record ${String(failure.position)}`;
      throw new ReadModelError("not_failed_there", `Version ${String(place.version)} of log ${place.log} ${stands}: there is no record ${String(position)} to skip.`);
    }
    await note(client, place, { kind: "skipped", position, reason, actor });
  });

/** Deletes a version that does not serve. Throws ReadModelError "no_version", "version_serves". */
export const dropVersion = (database: Database, place: VersionPlace, { actor }: By): Promise<void> =>
  locked(database, place.log, async (client) => {
    const { isServing } = await find(client, place);
    if (isServing) throw new ReadModelError("version_serves", `Version ${String(place.version)} of log ${place.log} serves: switch to another one before it is dropped.`);
    // Its projector finds the checkpoint gone and lets go.
    for (const table of ["version", ...tableNames]) await client.query(`DELETE FROM projection.${table} WHERE log = $1 AND version = $2`, [place.log, place.version]);
    await note(client, place, { kind: "dropped", actor });
  });

/** What its projector says when it cannot go on; the next row that is written takes it back. */
export const markFailed = async (database: Queryable, { log, version }: VersionPlace, { position, reason }: { readonly position: number | undefined; readonly reason: string }): Promise<void> => {
  await database.query("UPDATE projection.version SET failed_reason = $3, failed_position = $4, failed_at = clock_timestamp() WHERE log = $1 AND version = $2", [log, version, reason, position ?? null]);
};

/**
 * Gives an empty version the decisions of the one that serves, up to a position: their records have left PostgreSQL. In the transaction of
 * its first rows.
 */
export const adoptDecisions = async (client: Queryable, { log, version }: VersionPlace, position: number): Promise<void> => {
  await client.query(
    `INSERT INTO projection.decision (log, version, position, type, book, reason, recorded_us, body)
     SELECT d.log, $2, d.position, d.type, d.book, d.reason, d.recorded_us, d.body FROM projection.decision d JOIN projection.serving s USING (log, version)
      WHERE d.log = $1 AND d.position <= $3`,
    [log, version, position],
  );
  await note(client, { log, version }, { kind: "adopted", position, actor: "projector" });
};
