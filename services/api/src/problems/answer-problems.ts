import { DatabaseError } from "@finality/database";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaValidationError } from "fastify";
import { Problem, problemDocument, problemTypes, type ProblemDetail } from "./problem.ts";

const retryAfterSeconds = 1;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** Prisma hands on what its driver says in several shapes; P1…: not reached, P2024 and P2028: no connection or transaction in time. */
const isDatabaseAway = (error: unknown): boolean =>
  (error instanceof DatabaseError && error.code === "connection") ||
  (isObject(error) &&
    ((typeof error["code"] === "string" && /^(P1\d\d\d|P2024|P2028|ECONNREFUSED|ECONNRESET|EPIPE|57P0\d|53300|08\d\d\d)$/.test(error["code"])) ||
      (isObject(error["meta"]) && isDatabaseAway(error["meta"]["driverAdapterError"])) ||
      isDatabaseAway(error["cause"]) ||
      (error["name"] === "DriverAdapterError" && isObject(error["cause"]) && isAwayKind(error["cause"]["kind"]))));

const isAwayKind = (kind: unknown): boolean =>
  typeof kind === "string" && ["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TooManyConnections"].includes(kind);

const contexts: Readonly<Record<string, string>> = { querystring: "query", params: "params" };

const detailOf = (context: string, { instancePath, params, message }: FastifySchemaValidationError): ProblemDetail => {
  const extra = params["additionalProperty"];
  const place = typeof extra === "string" ? `${instancePath}/${extra.replaceAll("~", "~0").replaceAll("/", "~1")}` : instancePath;
  return { pointer: `#/${contexts[context] ?? context}${place}`, detail: typeof extra === "string" ? `There is no parameter ${extra} here.` : (message ?? "is not valid") };
};

type Failure = { readonly validation?: readonly FastifySchemaValidationError[]; readonly validationContext?: string; readonly statusCode?: number; readonly message?: string };

/** What a request failed with, as a problem. Says nothing of the inside of the server. */
const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (isDatabaseAway(error)) return new Problem("database-unavailable", "The database cannot be reached. Try again in a moment.", { cause: error });
  if (error instanceof Error) {
    const { validation, validationContext, statusCode }: Failure = error;
    if (validation !== undefined) {
      const errors = validation.map((failure) => detailOf(validationContext ?? "", failure));
      return new Problem("invalid-request", errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; "), { errors, cause: error });
    }
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new Problem("invalid-request", error.message, { cause: error });
  }
  return new Problem("internal", "An error of the server, not of the request. It is in the server's log under this trace_id.", { cause: error });
};

const send = (request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply => {
  const document = problemDocument(problem, { instance: request.url, traceId: request.id });
  const { status } = problemTypes[problem.problem];
  if (status === 503) void reply.header("retry-after", String(retryAfterSeconds));
  // A string: the problem has the same shape on every route, also on those without a response schema for it.
  return reply.code(status).header("cache-control", "no-store").type("application/problem+json").serializer(String).send(JSON.stringify(document));
};

/** Every error and every unknown route is answered as RFC 9457 says. `onInternal` is told what is answered by 500. */
export const answerProblems = (app: FastifyInstance, onInternal: (error: unknown, traceId: string) => void): void => {
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.problem === "internal") onInternal(error, request.id);
    return send(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    send(request, reply, new Problem("unknown-route", `There is no ${request.method} ${request.url.split("?")[0] ?? ""}; /openapi.json lists the routes.`)),
  );
};
