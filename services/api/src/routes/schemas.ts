import { Name } from "@finality/contracts";
import { Type, type TSchema } from "typebox";
import { ProblemDocument } from "../problems/problem.ts";

const limitMax = 500;
export const limitDefault = 100;

const reading = {
  log: Type.Optional(Type.Union([Name], { description: "Which log, where a book's name is in several" })),
  as_of: Type.Optional(Type.String({ maxLength: 64, description: "The state as it was behind a position (@123) or at a recorded time (RFC 3339): what was known then" })),
  min_position: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "Wait until the read models have reached this position" })),
};

export const ReadingQuerystring = Type.Object(reading, { additionalProperties: false });
export const PositionsQuerystring = Type.Object(
  {
    ...reading,
    venue_time: Type.Optional(Type.String({ maxLength: 64, description: "Facts at this RFC 3339 instant by their venues' time: what was true then, by all that is known now, or was at as_of" })),
  },
  { additionalProperties: false },
);
export const PagingQuerystring = Type.Object(
  {
    ...reading,
    after: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$", description: "next_cursor of the page before" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limitMax, default: limitDefault })),
  },
  { additionalProperties: false },
);
export const BookParams = Type.Object({ book: Name }, { additionalProperties: false });
export const ReadingHeaders = Type.Object({ "if-none-match": Type.Optional(Type.String()) });

const problem = (description: string) => ({ description, content: { "application/problem+json": { schema: ProblemDocument } } });

/** The response schemas of a read route. */
export const answers = <Answer extends TSchema>(schema: Answer) => ({
  200: { description: "True at as_of", content: { "application/json": { schema } } },
  304: Type.Null({ description: "Nothing moved since the ETag in If-None-Match" }),
  400: problem("invalid-request, log-required"),
  404: problem("unknown-book, unknown-log, before-the-log"),
  422: problem("bad-as-of, as-of-too-far"),
  500: problem("internal"),
  503: problem("projection-behind, as-of-busy, database-unavailable"),
});
