import { Type, type Static } from "typebox";

/** Every kind of problem: its status and title. `type` is `/problems#<name>`, a page that this API serves. */
export const problemTypes = {
  "invalid-request": { status: 400, title: "The request is not as the OpenAPI document says" },
  "log-required": { status: 400, title: "Several logs qualify" },
  unauthenticated: { status: 401, title: "The caller is not known" },
  "unknown-route": { status: 404, title: "There is no such route" },
  "unknown-log": { status: 404, title: "There is no such log" },
  "unknown-book": { status: 404, title: "There is no such book" },
  "unknown-tile": { status: 404, title: "There is no such tile" },
  "before-the-log": { status: 404, title: "The log begins later" },
  "bad-as-of": { status: 422, title: "That is no past state" },
  "as-of-too-far": { status: 422, title: "Too many records lie between it and the nearest snapshot" },
  internal: { status: 500, title: "The server failed" },
  "projection-behind": { status: 503, title: "The read models are not that far yet" },
  "as-of-busy": { status: 503, title: "Too many ask for the past at once" },
  "database-unavailable": { status: 503, title: "The database cannot be reached" },
} as const;
export type ProblemName = keyof typeof problemTypes;

const ProblemDetail = Type.Object(
  { pointer: Type.String({ description: "JSON pointer into {params, query} of the request, such as #/query/limit" }), detail: Type.String() },
  { additionalProperties: false },
);

/** RFC 9457. */
export const ProblemDocument = Type.Object(
  {
    type: Type.String({ description: "Stable; leads to an explanation", format: "uri-reference" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ format: "uri-reference" }),
    trace_id: Type.String(),
    errors: Type.Optional(Type.Array(ProblemDetail)),
  },
  { additionalProperties: false },
);
export type ProblemDocument = Static<typeof ProblemDocument>;
export type ProblemDetail = Static<typeof ProblemDetail>;

/** Thrown by a route, answered as `application/problem+json`. `message` is the `detail`: it names the offending value. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly problem: ProblemName;
  readonly errors: readonly ProblemDetail[] | undefined;

  constructor(problem: ProblemName, detail: string, { errors, cause }: { readonly errors?: readonly ProblemDetail[]; readonly cause?: unknown } = {}) {
    super(detail, { cause });
    this.problem = problem;
    this.errors = errors;
  }
}

const problemType = (name: ProblemName): string => `/problems#${name}`;

export const problemDocument = ({ problem, message, errors }: Problem, request: { readonly instance: string; readonly traceId: string }): ProblemDocument => ({
  type: problemType(problem),
  title: problemTypes[problem].title,
  status: problemTypes[problem].status,
  detail: message,
  instance: request.instance,
  trace_id: request.traceId,
  ...(errors === undefined ? {} : { errors: [...errors] }),
});
