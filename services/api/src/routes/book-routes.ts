import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Checkpoint, Progress } from "@finality/read-models";
import type { FastifyInstance, FastifyReply } from "fastify";
import { Problem } from "../problems/problem.ts";
import { presentAsOf, presentBook, presentGreeks, presentHedge, presentPnl, presentPosition, presentSmile } from "../answers/present.ts";
import { BooksAnswer, GreeksAnswer, HedgesAnswer, PnlAnswer, PositionsAnswer, SmilesAnswer, type AsOf } from "../answers/schemas.ts";
import { pastRows, storedRows, type DeskRows } from "./desk-rows.ts";
import { etagOf, matches } from "./etag.ts";
import { readFacts, readPast, type PastDeps } from "./past.ts";
import { readAt, type Asked, type ReadingDeps } from "./reading.ts";
import { answers, BookParams, limitDefault, PagingQuerystring, PositionsQuerystring, ReadingHeaders, ReadingQuerystring } from "./schemas.ts";

export type RouteDeps = ReadingDeps & { readonly past: PastDeps };

type Reply = Pick<FastifyReply, "header" | "code">;
type Answering = { readonly reply: Reply; readonly asked: Asked; readonly ifNoneMatch: string | undefined };

const notYetValued = (book: string): Problem => new Problem("projection-behind", `Book ${book} has no row of this kind yet.`);

const required = <Row>(row: Row | undefined, book: string): Row => {
  if (row === undefined) throw notYetValued(book);
  return row;
};

type Envelope<Body> = { readonly as_of: AsOf; readonly lag_ms: number } & Body;

type Sealing<Body> = { readonly reply: Reply; readonly etag: string; readonly asOf: AsOf; readonly lagMs: number; readonly body: Body | undefined };

/** The envelope; null, with status 304, where there is no body because the caller has it. */
const seal = <Body extends object>({ reply, etag, asOf, lagMs, body }: Sealing<Body>): Envelope<Body> | null => {
  void reply.header("etag", etag).header("cache-control", "no-cache");
  if (body !== undefined) return { as_of: asOf, lag_ms: lagMs, ...body };
  void reply.code(304);
  return null;
};

/** The envelope around `read`'s data, of now or of then; what the caller has already is not even read. */
const answer = async <Body extends object>(deps: RouteDeps, { reply, asked, ifNoneMatch }: Answering, read: (rows: DeskRows, book: string) => Promise<Body>): Promise<Envelope<Body> | null> => {
  const isKnown = (checkpoint: Checkpoint): boolean => matches(ifNoneMatch, etagOf(checkpoint));
  const sealed = (checkpoint: Checkpoint, lagMs: number, body: Body | undefined) => seal({ reply, etag: etagOf(checkpoint), asOf: presentAsOf(checkpoint), lagMs, body });
  const { query, book = "" } = asked;
  if (query.as_of === undefined) {
    const { progress, value } = await readAt(deps, asked, async (client, { checkpoint }: Progress) => (isKnown(checkpoint) ? undefined : read(storedRows(client, checkpoint.log), book)));
    return sealed(progress.checkpoint, progress.lagMs, value);
  }
  const { checkpoint, rows } = await readPast(deps, { ...asked, query: { ...query, as_of: query.as_of } });
  return sealed(checkpoint, 0, isKnown(checkpoint) ? undefined : await read(pastRows(rows, deps.prisma, checkpoint.log), book));
};

type FactsAsked = Parameters<typeof readFacts>[2];

/** The same around a book's positions at a venue time. */
const answerFacts = async (deps: RouteDeps, { reply, ifNoneMatch }: Omit<Answering, "asked">, book: string, query: FactsAsked) => {
  const { checkpoint, venueTimeUs, positions } = await readFacts(deps, book, query);
  const etag = etagOf(checkpoint, venueTimeUs);
  return seal({ reply, etag, asOf: presentAsOf(checkpoint, venueTimeUs), lagMs: 0, body: matches(ifNoneMatch, etag) ? undefined : { data: positions.map(presentPosition) } });
};

/** The read routes. Each says in its answer which position it is true at. */
export const bookRoutes = (instance: FastifyInstance, deps: RouteDeps): void => {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const common = { headers: ReadingHeaders, tags: ["books"] };
  const ofBook = { ...common, params: BookParams, querystring: ReadingQuerystring };

  app.get("/v1/books", { schema: { ...common, querystring: ReadingQuerystring, summary: "The books of a log", response: answers(BooksAnswer) } }, ({ query, headers }, reply) =>
    answer(deps, { reply, asked: { book: undefined, query }, ifNoneMatch: headers["if-none-match"] }, async (rows) => ({
      data: (await rows.books()).map(presentBook),
    })),
  );
  app.get(
    "/v1/surface",
    { schema: { ...common, tags: ["surface"], querystring: ReadingQuerystring, summary: "Implied vols and the fitted smile of each expiry that books hold", response: answers(SmilesAnswer) } },
    ({ query, headers }, reply) =>
      answer(deps, { reply, asked: { book: undefined, query }, ifNoneMatch: headers["if-none-match"] }, async (rows) => ({ data: (await rows.smiles()).map(presentSmile) })),
  );
  app.get("/v1/books/:book/positions", { schema: { ...ofBook, querystring: PositionsQuerystring, summary: "Exact positions by instrument", response: answers(PositionsAnswer) } }, ({ params, query, headers }, reply) => {
    const { venue_time: venueTime, ...reading } = query;
    const ifNoneMatch = headers["if-none-match"];
    if (venueTime !== undefined) return answerFacts(deps, { reply, ifNoneMatch }, params.book, { ...reading, venue_time: venueTime });
    return answer(deps, { reply, asked: { book: params.book, query: reading }, ifNoneMatch }, async (rows, book) => ({ data: (await rows.positions(book)).map(presentPosition) }));
  });
  app.get("/v1/books/:book/greeks", { schema: { ...ofBook, summary: "Net delta, greeks and the no-trade band", response: answers(GreeksAnswer) } }, ({ params, query, headers }, reply) =>
    answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (rows, book) => ({
      data: presentGreeks(required(await rows.greeks(book), book)),
    })),
  );
  app.get("/v1/books/:book/pnl", { schema: { ...ofBook, summary: "Profit and loss", response: answers(PnlAnswer) } }, ({ params, query, headers }, reply) =>
    answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (rows, book) => ({
      data: presentPnl(required(await rows.pnl(book), book)),
    })),
  );
  app.get(
    "/v1/books/:book/hedges",
    { schema: { ...ofBook, querystring: PagingQuerystring, summary: "Hedge decisions and what became of them, oldest first", response: answers(HedgesAnswer) } },
    ({ params, query, headers }, reply) =>
      answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (rows, book) => {
        const { hedges, next } = await rows.hedges(book, { after: Number(query.after ?? 0), limit: query.limit ?? limitDefault });
        return { data: hedges.map(presentHedge), ...(next === undefined ? {} : { next_cursor: String(next) }) };
      }),
  );
};
