import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyInstance } from "fastify";
import type { TreeStore } from "@finality/history";
import { answerProblems } from "./problems/answer-problems.ts";
import { Problem } from "./problems/problem.ts";
import { bookRoutes, type RouteDeps } from "./routes/book-routes.ts";
import { tlogRoutes } from "./routes/tlog-routes.ts";

export type AppOptions = RouteDeps & {
  /** Tiles and signed checkpoints. */
  readonly tree: TreeStore;
  /** Told of every answer 500: the cause is not in the answer. */
  readonly onInternal: (error: unknown, traceId: string) => void;
  readonly onAnswer?: (route: string, status: number, seconds: number) => void;
  /** Asked of every caller, when there is one. */
  readonly token?: string;
};

const requestTimeoutMs = 30_000;
const millisecondsPerSecond = 1_000;
const problemsPage = join(import.meta.dirname, "../../../docs/problems.md");

/** Refuses what the schema does not name, instead of removing it silently as Fastify does by default. */
const validation = { removeAdditional: false, coerceTypes: true, useDefaults: true, allErrors: true, strict: false } as const;

const traceIdOf = (traceparent: string | string[] | undefined): string =>
  (typeof traceparent === "string" ? /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined) ?? randomBytes(16).toString("hex");

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Digests are compared, so that neither length nor time says anything of the token. */
const requireToken = (app: FastifyInstance, token: string): void => {
  const expected = digest(`Bearer ${token}`);
  app.addHook("onRequest", async ({ headers }, reply) => {
    if (timingSafeEqual(digest(headers.authorization ?? ""), expected)) return;
    void reply.header("www-authenticate", "Bearer");
    throw new Problem("unauthenticated", "This api asks for the header Authorization: Bearer <token>.");
  });
};

/** The whole API, not listening yet. */
export const createApp = async ({ onInternal, onAnswer, token, tree, ...reading }: AppOptions): Promise<FastifyInstance> => {
  const app = Fastify({
    logger: false,
    requestTimeout: requestTimeoutMs,
    genReqId: ({ headers }) => traceIdOf(headers["traceparent"]),
    ajv: { customOptions: validation },
    forceCloseConnections: "idle",
  });
  answerProblems(app, onInternal);
  if (token !== undefined) requireToken(app, token);
  if (onAnswer !== undefined) {
    app.addHook("onResponse", async ({ routeOptions }, reply) => {
      onAnswer(routeOptions.url ?? "unknown", reply.statusCode, reply.elapsedTime / millisecondsPerSecond);
    });
  }
  // Else a caller's idle connection would keep the server from closing after its last answer.
  app.addHook("onSend", async (_request, reply) => {
    if (reading.stopping.aborted) void reply.header("connection", "close");
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Finality",
        version: "1.0.0",
        description: "Books, positions, greeks, profit and loss and hedges, each true at the log position that the answer names.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [{ name: "books", description: "What the log says of the books" }],
    },
  });
  await app.register(async (routes) => bookRoutes(routes, reading));
  await app.register(async (routes) => tlogRoutes(routes, { tree, source: reading.past.source }));
  const page = await readFile(problemsPage, "utf8");
  app.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => reply.header("cache-control", "no-cache").send(app.swagger()));
  app.get("/problems", { schema: { hide: true } }, (_request, reply) => reply.type("text/markdown; charset=utf-8").send(page));
  await app.ready();
  return app;
};
