import { BookLimits, HedgePolicy, isDecisionType } from "@finality/contracts";
import type { PrismaClient } from "@finality/database";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { ReadModelError } from "../errors.ts";
import type { VersionPlace } from "../versions/versions.ts";
import type { BookRow, BookStatus, DecisionRow, GreeksRow, OrderRow, PnlRow, PositionRow, PositionStatus, ReadModels, SmileRow } from "../rows/rows.ts";

/** What the queries need of Prisma: a client, or one of its transactions. */
export type ReadClient = Pick<PrismaClient, "bookRow" | "positionRow" | "greeksRow" | "smileRow" | "pnlRow" | "orderRow" | "decisionRow" | "servingVersion" | "readModelVersion" | "$queryRaw">;

export type BookPlace = { readonly log: string; readonly book: string };

const policyCodec = Compile(HedgePolicy);
const limitsCodec = Compile(BookLimits);
const bookStatuses: ReadonlySet<string> = new Set<BookStatus>(["trading", "halted", "held", "suspended"]);
const positionStatuses: ReadonlySet<string> = new Set<PositionStatus>(["open", "awaiting_settlement", "settled", "flat"]);

const unreadable = (what: string, value: unknown): ReadModelError =>
  new ReadModelError("unreadable_row", `${what} in the read models is not what its schema allows: ${JSON.stringify(value)}. Rebuild the read models.`);

const isBookStatus = (text: string): text is BookStatus => bookStatuses.has(text);
const isPositionStatus = (text: string): text is PositionStatus => positionStatuses.has(text);

type Stored<Model extends "bookRow" | "positionRow" | "smileRow" | "pnlRow" | "orderRow" | "decisionRow"> = Omit<Awaited<ReturnType<PrismaClient[Model]["findFirstOrThrow"]>>, "version">;

const bookRow = (row: Stored<"bookRow">): BookRow => {
  const { policy, limits, status } = row;
  if (!policyCodec.Check(policy)) throw unreadable(`The policy of book ${row.book}`, policy);
  if (!limitsCodec.Check(limits)) throw unreadable(`The limits of book ${row.book}`, limits);
  if (!isBookStatus(status)) throw unreadable(`The status of book ${row.book}`, status);
  return { ...row, policy, limits, status };
};

const positionRow = (row: Stored<"positionRow">): PositionRow => {
  const { status } = row;
  if (!isPositionStatus(status)) throw unreadable(`The status of ${row.instrument} in book ${row.book}`, status);
  return { ...row, status };
};

const strikesCodec = Compile(Type.Array(Type.Object({ strike: Type.Number(), vol: Type.Number(), volTimeUs: Type.Integer(), volSource: Type.Union([Type.Literal("quote"), Type.Literal("mark"), Type.Null()]) })));
const fittedCodec = Compile(
  Type.Union([
    Type.Null(),
    Type.Object({
      svi: Type.Object({ a: Type.Number(), b: Type.Number(), rho: Type.Number(), m: Type.Number(), sigma: Type.Number() }),
      forward: Type.Number(), yearsToExpiry: Type.Number(), timeUs: Type.Integer(), quotesUsed: Type.Integer(), quotesLeftOut: Type.Integer(),
      rmsVolPoints: Type.Number(), maxVolPoints: Type.Number(), rmsWidths: Type.Number(), maxWidths: Type.Number(), repairs: Type.Integer(),
    }),
  ]),
);

const smileRow = ({ expiryUs, ...row }: Stored<"smileRow">): SmileRow => {
  const { strikes, fitted } = row;
  if (!strikesCodec.Check(strikes)) throw unreadable(`The vols of ${row.log} ${row.key}`, strikes);
  if (!fittedCodec.Check(fitted)) throw unreadable(`The smile of ${row.log} ${row.key}`, fitted);
  return { ...row, expiryUs: Number(expiryUs), strikes, fitted };
};

const pnlRow = ({ quotePriceUs, ...row }: Stored<"pnlRow">): PnlRow => ({ ...row, quotePriceUs: quotePriceUs === null ? null : Number(quotePriceUs) });

const orderRow = (row: Stored<"orderRow">): OrderRow => ({ ...row, position: Number(row.position) });

const decisionRow = ({ recordedUs, ...row }: Stored<"decisionRow">): DecisionRow => {
  const { type } = row;
  if (!isDecisionType(type)) throw unreadable(`The type of decision ${row.log} ${String(row.position)}`, type);
  return { ...row, type, position: Number(row.position), recordedTimeUs: Number(recordedUs) };
};

const omit = { version: true } as const;

/** Of the versions that serve readers: of one log, or of all. Read on the snapshot that the rows are read on. */
const serving = async (client: ReadClient, log?: string): Promise<{ readonly OR: VersionPlace[] }> => ({
  OR: await client.servingVersion.findMany({ where: log === undefined ? {} : { log }, select: { log: true, version: true } }),
});

/** Books of a log (of all logs without `log`), by name. */
export const listBooks = async (client: ReadClient, log?: string): Promise<readonly BookRow[]> => {
  const rows = await client.bookRow.findMany({ omit, where: await serving(client, log), orderBy: [{ book: "asc" }, { log: "asc" }] });
  return rows.map(bookRow);
};

/** Logs that have a book of this name: one, unless two desks chose the same name. */
export const logsOfBook = async (client: ReadClient, book: string): Promise<readonly string[]> => {
  const rows = await client.bookRow.findMany({ where: { book, ...(await serving(client)) }, select: { log: true }, orderBy: { log: "asc" } });
  return rows.map(({ log }) => log);
};

/** Positions of a book, flat ones included, by instrument. */
export const positionsOf = async (client: ReadClient, { log, book }: BookPlace): Promise<readonly PositionRow[]> => {
  const rows = await client.positionRow.findMany({ omit, where: { book, ...(await serving(client, log)) }, orderBy: { instrument: "asc" } });
  return rows.map(positionRow);
};

export const greeksOf = async (client: ReadClient, { log, book }: BookPlace): Promise<GreeksRow | undefined> =>
  (await client.greeksRow.findFirst({ omit, where: { book, ...(await serving(client, log)) } })) ?? undefined;

/** The smiles of a log (of all logs without `log`), earliest expiry first. */
export const smilesOf = async (client: ReadClient, log?: string): Promise<readonly SmileRow[]> => {
  const rows = await client.smileRow.findMany({ omit, where: await serving(client, log), orderBy: [{ log: "asc" }, { expiryUs: "asc" }, { key: "asc" }] });
  return rows.map(smileRow);
};

export const pnlOf = async (client: ReadClient, { log, book }: BookPlace): Promise<PnlRow | undefined> => {
  const row = await client.pnlRow.findFirst({ omit, where: { book, ...(await serving(client, log)) } });
  return row === null ? undefined : pnlRow(row);
};

export type Page = {
  /** Position behind which the page begins; 0 for the first. */
  readonly after: number;
  /** Rows at most. */
  readonly limit: number;
};

/** Orders of a book by position of their decision. */
export const ordersOf = async (client: ReadClient, { log, book }: BookPlace, { after, limit }: Page): Promise<readonly OrderRow[]> => {
  const rows = await client.orderRow.findMany({ omit, where: { book, position: { gt: after }, ...(await serving(client, log)) }, orderBy: { position: "asc" }, take: limit });
  return rows.map(orderRow);
};

const decisionsWhere = async (client: ReadClient, versions: { readonly OR: VersionPlace[] }, positions: readonly number[]): Promise<readonly DecisionRow[]> => {
  const rows = await client.decisionRow.findMany({ omit, where: { position: { in: positions.map(BigInt) }, ...versions }, orderBy: { position: "asc" } });
  return rows.map(decisionRow);
};

/** The decisions at these positions of a log, by position. */
export const decisionsAt = async (client: ReadClient, log: string, positions: readonly number[]): Promise<readonly DecisionRow[]> => decisionsWhere(client, await serving(client, log), positions);

/** Of one version, whether it serves or not. */
export const decisionRowsOf = (client: ReadClient, { log, version }: VersionPlace, positions: readonly number[]): Promise<readonly DecisionRow[]> => decisionsWhere(client, { OR: [{ log, version }] }, positions);

/** The position that a version's rows are true at; 0 for one that is empty or gone. */
export const positionOf = async (client: ReadClient, { log, version }: VersionPlace): Promise<number> =>
  Number((await client.readModelVersion.findUnique({ where: { log_version: { log, version } }, select: { position: true } }))?.position ?? 0);

/** All rows of a version but its decisions, whether it serves or not. */
export const stateRowsOf = async (client: ReadClient, { log, version }: VersionPlace): Promise<Omit<ReadModels, "decisions">> => {
  const where = { log, version };
  return {
    books: (await client.bookRow.findMany({ omit, where })).map(bookRow),
    positions: (await client.positionRow.findMany({ omit, where })).map(positionRow),
    greeks: await client.greeksRow.findMany({ omit, where }),
    smiles: (await client.smileRow.findMany({ omit, where })).map(smileRow),
    pnl: (await client.pnlRow.findMany({ omit, where })).map(pnlRow),
    orders: (await client.orderRow.findMany({ omit, where })).map(orderRow),
  };
};

/** All rows of a version, for comparing with a straight fold. Memory grows with the log's decisions. */
export const allRows = async (client: ReadClient, { log, version }: VersionPlace): Promise<ReadModels> => ({
  ...(await stateRowsOf(client, { log, version })),
  decisions: (await client.decisionRow.findMany({ omit, where: { log, version } })).map(decisionRow),
});
