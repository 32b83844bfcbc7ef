import type { Queryable } from "@finality/database";
import type { Checkpoint } from "../rows/rows.ts";

/**
 * Of the rows that this release writes and reads. Raised when a column of a row changes its name, its meaning or its type: a version of
 * another shape is then built beside, and the release that wrote the old one can go on with it.
 */
export const readModelShape = 1;

export type VersionPlace = { readonly log: string; readonly version: number };

/** Why a version stands still. */
export type VersionFailure = {
  /** The record that it could not take; undefined where no single record is the cause. */
  readonly position: number | undefined;
  readonly reason: string;
  readonly at: Date;
};

/** One set of a log's read models: several may exist, one serves readers. */
export type ReadModelVersion = VersionPlace & {
  readonly shape: number;
  /** Of the engine that folded it; 0: not known. */
  readonly semantics: number;
  readonly isServing: boolean;
  /** Undefined before its first record. */
  readonly checkpoint: Checkpoint | undefined;
  readonly updatedAt: Date;
  readonly begunAt: Date;
  /** Begun by a new release: it serves as soon as it has caught up. */
  readonly switchesItself: boolean;
  readonly failure: VersionFailure | undefined;
  /** Records that it passes over, in order (an operator said so). */
  readonly skipped: readonly number[];
  /** Position up to which its decisions were copied from another version, their records having left for the archive; 0: none. */
  readonly adopted: number;
};

/** Whether this release can write a version of that shape. */
export const isOwnShape = ({ shape }: Pick<ReadModelVersion, "shape">): boolean => shape === readModelShape;

type Columns = {
  log: string; version: number; shape: number; semantics: number; is_serving: boolean;
  generation: number; position: number; recorded_us: number; venue_us: number;
  updated_at: Date; begun_at: Date; switches_itself: boolean;
  failed_reason: string | null; failed_position: number | null; failed_at: Date | null;
  skipped: number[] | null; adopted: number;
};

const failureOf = ({ failed_reason: reason, failed_position: position, failed_at: at }: Columns): VersionFailure | undefined =>
  reason === null || at === null ? undefined : { position: position ?? undefined, reason, at };

const checkpointOf = ({ log, generation, position, recorded_us: recordedTimeUs, venue_us: venueTimeUs }: Columns): Checkpoint | undefined =>
  position === 0 ? undefined : { log, generation, position, recordedTimeUs, venueTimeUs };

const select = `SELECT v.log, v.version, v.shape, v.semantics, s.version IS NOT NULL AS is_serving, v.generation, v.position, v.recorded_us, v.venue_us,
    v.updated_at, v.begun_at, v.switches_itself, v.failed_reason, v.failed_position, v.failed_at,
    (SELECT array_agg(DISTINCT a.position ORDER BY a.position) FROM projection.action a WHERE a.log = v.log AND a.version = v.version AND a.kind = 'skipped') AS skipped,
    coalesce((SELECT max(a.position) FROM projection.action a WHERE a.log = v.log AND a.version = v.version AND a.kind = 'adopted'), 0) AS adopted
  FROM projection.version v LEFT JOIN projection.serving s USING (log, version)
  WHERE $1::text IS NULL OR v.log = $1
  ORDER BY v.log COLLATE "C", v.version`;

/** The versions of a log (of all logs without `log`), by log and number. */
export const versionsOf = async (database: Queryable, log?: string): Promise<readonly ReadModelVersion[]> => {
  const { rows } = await database.query<Columns>({ name: "read-model-versions", text: select, values: [log ?? null] });
  return rows.map((row) => ({
    log: row.log,
    version: row.version,
    shape: row.shape,
    semantics: row.semantics,
    isServing: row.is_serving,
    checkpoint: checkpointOf(row),
    updatedAt: row.updated_at,
    begunAt: row.begun_at,
    switchesItself: row.switches_itself,
    failure: failureOf(row),
    skipped: row.skipped ?? [],
    adopted: row.adopted,
  }));
};
