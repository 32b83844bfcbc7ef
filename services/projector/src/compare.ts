import { decodeRecord, isDecisionRecord } from "@finality/contracts";
import { createPrisma, type Database, type PrismaClient } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { foldAt, rowsOf, type SnapshotStore } from "@finality/history";
import { allRows, decisionRowsOf, differences, inOneSnapshot, isOwnShape, positionOf, stateRowsOf, versionsOf, type Checkpoint, type DecisionRow, type ReadModels, type ReadModelVersion, type RowDifference } from "@finality/read-models";
import { stateHash } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import { foldTo } from "./projection/fold-to.ts";
import { createProjection, decisionRow } from "./projection/projection.ts";

export type Computed = {
  /** Undefined for a log without records. */
  readonly checkpoint: Checkpoint | undefined;
  readonly rows: ReadModels;
};

/** What a straight fold may leave out, and where it ends. */
export type Extent = {
  /** Default: the head. */
  readonly position?: number;
  /** Records that the version passes over. */
  readonly skipped?: readonly number[];
};

/** The rows that a straight fold of records 1 to `position` shows. Writes nothing. */
export const computeReadModels = async (reader: LogReader, log: string, { position, skipped = [] }: Extent = {}): Promise<Computed> => {
  const projection = createProjection(log, undefined, skipped);
  await foldTo(reader, log, projection, { position: position ?? (await reader.head(log))?.position ?? 0 });
  return { checkpoint: projection.checkpoint, rows: projection.takeChanges() };
};

export type CompareDeps = { readonly reader: LogReader; readonly database: Database };

const withPrisma = async <T>(database: Database, work: (prisma: PrismaClient) => Promise<T>): Promise<T> => {
  const prisma = createPrisma(database);
  try {
    return await work(prisma);
  } finally {
    await prisma.$disconnect();
  }
};

/** How the rows that serve differ from a fresh fold up to their checkpoint; empty when they are the same. */
export const compareReadModels = async ({ reader, database }: CompareDeps, log: string): Promise<readonly RowDifference[]> => {
  const serving = (await versionsOf(database, log)).find(({ isServing }) => isServing);
  if (serving === undefined) return [];
  const stored = await withPrisma(database, (prisma) => inOneSnapshot(prisma, async (client) => ({ position: await positionOf(client, serving), rows: await allRows(client, serving) })));
  const computed = await computeReadModels(reader, log, { position: stored.position, skipped: serving.skipped });
  return differences(stored.rows, computed.rows);
};

/** How one version differs from the log. */
export type VersionVerdict = {
  readonly version: number;
  /** In words where there is no telling: rows of another shape, or made from records that the log has lost. */
  readonly differences: readonly RowDifference[] | string;
  readonly position: number;
  /** Of the fold at that position, and the newest hash that the log's writer recorded up to there was this fold's. */
  readonly stateHash: string | undefined;
};

export type VersionsVerdict = {
  readonly from: VersionVerdict;
  readonly to: VersionVerdict;
  /** Decisions up to the lower of the two positions that are not the same in both; those looked up in the log count in `differences`, too. */
  readonly unequalDecisions: number;
};

export type CompareVersionsDeps = CompareDeps & {
  /** Without it the whole log is folded. */
  readonly snapshots?: SnapshotStore;
};

const unequalDecisions = `SELECT position FROM
    (SELECT position, type, book, reason, recorded_us, body FROM projection.decision WHERE log = $1 AND version = $2 AND position <= $4) a
    FULL JOIN (SELECT position, type, book, reason, recorded_us, body FROM projection.decision WHERE log = $1 AND version = $3 AND position <= $4) b USING (position)
  WHERE a IS DISTINCT FROM b ORDER BY position`;

/** Decisions that are looked up in the log one by one. */
const lookedUpMax = 100;

const decisionInLog = async (reader: LogReader, log: string, position: number): Promise<readonly DecisionRow[]> => {
  const [stored] = await reader.read(log, position - 1, 1);
  const record = stored && decodeRecord(stored);
  return record !== undefined && isDecisionRecord(record) ? [decisionRow(record)] : [];
};

const inLog = async (reader: LogReader, log: string, positions: readonly number[]): Promise<readonly DecisionRow[]> => {
  const rows: DecisionRow[] = [];
  for (const position of positions) rows.push(...(await decisionInLog(reader, log, position)));
  return rows;
};

type StoredVersion = { readonly position: number; readonly rows: Omit<ReadModels, "decisions">; readonly decisions: readonly DecisionRow[] };

const verdictOf = async ({ reader, snapshots }: CompareVersionsDeps, version: ReadModelVersion, { position, rows, decisions }: StoredVersion, positions: readonly number[]): Promise<VersionVerdict> => {
  const cannotTell = (why: string): VersionVerdict => ({ version: version.version, differences: why, position, stateHash: undefined });
  if (!isOwnShape(version)) return cannotTell("its rows have another shape, which this release does not compare");
  const head = (await reader.head(version.log))?.position ?? 0;
  if (position > head) return cannotTell(`it was made from records behind position ${String(head)}, which the log has lost`);
  const { state } = await foldAt({ source: reader, ...(snapshots === undefined ? {} : { snapshots }) }, version.log, position);
  const expected = { ...rowsOf(state), decisions: await inLog(reader, version.log, positions) };
  return { version: version.version, differences: differences({ ...rows, decisions }, expected), position, stateHash: stateHash(state, sha256) };
};

/**
 * Compares two versions with the log, each at its own position: the rows of its state with a fold, which is checked against every recorded hash
 * on its way, and the decisions with each other. Only looks. Throws HistoryError where the log itself cannot be folded.
 */
export const compareVersions = async (deps: CompareVersionsDeps, from: ReadModelVersion, to: ReadModelVersion): Promise<VersionsVerdict> => {
  const { database } = deps;
  const { log } = to;
  const upTo = Math.min(from.checkpoint?.position ?? 0, to.checkpoint?.position ?? 0);
  const { rows: unequal } = await database.query<{ position: number }>(unequalDecisions, [log, from.version, to.version, upTo]);
  const positions = unequal.slice(0, lookedUpMax).map(({ position }) => position);
  const stored = (version: ReadModelVersion): Promise<StoredVersion> =>
    withPrisma(database, (prisma) => inOneSnapshot(prisma, async (client) => ({ position: await positionOf(client, version), rows: await stateRowsOf(client, version), decisions: await decisionRowsOf(client, version, positions) })));
  return {
    from: await verdictOf(deps, from, await stored(from), positions),
    to: await verdictOf(deps, to, await stored(to), positions),
    unequalDecisions: unequal.length,
  };
};
