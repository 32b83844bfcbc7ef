import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { greeksOf, hedgesOf, listBooks, pnlOf, positionsOf, smilesOf, type BookPlace, type Progress, type ReadClient } from "@finality/read-models";
import type { FastifyInstance, FastifyReply } from "fastify";
import { Problem } from "../problems/problem.ts";
import { presentAsOf, presentBook, presentGreeks, presentHedge, presentPnl, presentPosition, presentSmile } from "../answers/present.ts";
import { BooksAnswer, GreeksAnswer, HedgesAnswer, PnlAnswer, PositionsAnswer, SmilesAnswer, type AsOf } from "../answers/schemas.ts";
import { etagOf, matches } from "./etag.ts";
import { readAt, type Asked, type ReadingDeps } from "./reading.ts";
import { answers, BookParams, limitDefault, PagingQuerystring, ReadingHeaders, ReadingQuerystring } from "./schemas.ts";

type Answering = { readonly reply: Pick<FastifyReply, "header" | "code">; readonly asked: Asked; readonly ifNoneMatch: string | undefined };

const notYetValued = (book: string): Problem => new Problem("projection-behind", `Book ${book} has no row of this kind yet.`);

const required = <Row>(row: Row | undefined, book: string): Row => {
  if (row === undefined) throw notYetValued(book);
  return row;
};

type Envelope<Body> = { readonly as_of: AsOf; readonly lag_ms: number } & Body;

/** The envelope around `read`'s data; null, with status 304, where the caller has this position already: its rows are not even read. */
const answer = async <Body extends object>(
  deps: ReadingDeps,
  { reply, asked, ifNoneMatch }: Answering,
  read: (client: ReadClient, place: BookPlace) => Promise<Body>,
): Promise<Envelope<Body> | null> => {
  const isKnown = ({ checkpoint }: Progress): boolean => matches(ifNoneMatch, etagOf(checkpoint));
  const { progress, value } = await readAt(deps, asked, async (client, at) =>
    isKnown(at) ? undefined : read(client, { log: at.checkpoint.log, book: asked.book ?? "" }),
  );
  void reply.header("etag", etagOf(progress.checkpoint)).header("cache-control", "no-cache");
  if (value !== undefined) return { as_of: presentAsOf(progress.checkpoint), lag_ms: progress.lagMs, ...value };
  void reply.code(304);
  return null;
};

/** The read routes. Each says in its answer which position it is true at. */
export const bookRoutes = (instance: FastifyInstance, deps: ReadingDeps): void => {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const common = { headers: ReadingHeaders, tags: ["books"] };
  const ofBook = { ...common, params: BookParams, querystring: ReadingQuerystring };

  app.get("/v1/books", { schema: { ...common, querystring: ReadingQuerystring, summary: "The books of a log", response: answers(BooksAnswer) } }, ({ query, headers }, reply) =>
    answer(deps, { reply, asked: { book: undefined, query }, ifNoneMatch: headers["if-none-match"] }, async (client, { log }) => ({
      data: (await listBooks(client, log)).map(presentBook),
    })),
  );
  app.get(
    "/v1/surface",
    { schema: { ...common, tags: ["surface"], querystring: ReadingQuerystring, summary: "Implied vols and the fitted smile of each expiry that books hold", response: answers(SmilesAnswer) } },
    ({ query, headers }, reply) =>
      answer(deps, { reply, asked: { book: undefined, query }, ifNoneMatch: headers["if-none-match"] }, async (client, { log }) => ({ data: (await smilesOf(client, log)).map(presentSmile) })),
  );
  app.get("/v1/books/:book/positions", { schema: { ...ofBook, summary: "Exact positions by instrument", response: answers(PositionsAnswer) } }, ({ params, query, headers }, reply) =>
    answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (client, place) => ({
      data: (await positionsOf(client, place)).map(presentPosition),
    })),
  );
  app.get("/v1/books/:book/greeks", { schema: { ...ofBook, summary: "Net delta, greeks and the no-trade band", response: answers(GreeksAnswer) } }, ({ params, query, headers }, reply) =>
    answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (client, place) => ({
      data: presentGreeks(required(await greeksOf(client, place), place.book)),
    })),
  );
  app.get("/v1/books/:book/pnl", { schema: { ...ofBook, summary: "Profit and loss", response: answers(PnlAnswer) } }, ({ params, query, headers }, reply) =>
    answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (client, place) => ({
      data: presentPnl(required(await pnlOf(client, place), place.book)),
    })),
  );
  app.get(
    "/v1/books/:book/hedges",
    { schema: { ...ofBook, querystring: PagingQuerystring, summary: "Hedge decisions and what became of them, oldest first", response: answers(HedgesAnswer) } },
    ({ params, query, headers }, reply) =>
      answer(deps, { reply, asked: { book: params.book, query }, ifNoneMatch: headers["if-none-match"] }, async (client, place) => {
        const { hedges, next } = await hedgesOf(client, place, { after: Number(query.after ?? 0), limit: query.limit ?? limitDefault });
        return { data: hedges.map(presentHedge), ...(next === undefined ? {} : { next_cursor: String(next) }) };
      }),
  );
};
