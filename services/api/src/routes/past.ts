import type { StoredRecord } from "@finality/contracts";
import { EventLogError } from "@finality/event-log";
import { checkpointOf, formatInstant, HistoryError, parseAsOfPoint, parseInstant, recordAsOf, type AsOfAnswers, type AsOfPoint, type FactsRows, type LogSource, type StateRows } from "@finality/history";
import type { Checkpoint, PositionRow } from "@finality/read-models";
import { Problem, type ProblemName } from "../problems/problem.ts";
import { logOfBook, logOfDesk, type Asked, type ReadingDeps } from "./reading.ts";

/** What the log itself is asked through; not the read models. */
export type PastDeps = {
  readonly source: LogSource;
  /** Names of the logs that hold a record. */
  readonly logs: () => Promise<readonly string[]>;
  readonly answers: AsOfAnswers;
};

type Deps = ReadingDeps & { readonly past: PastDeps };

const wrong = (parameter: "as_of" | "venue_time" | "min_position", detail: string): Problem =>
  new Problem("bad-as-of", detail, { errors: [{ pointer: `#/query/${parameter}`, detail }] });

const exampleInstant = "an RFC 3339 instant such as 2021-01-04T16:00:00Z (in a URL, write the + of an offset as %2B)";

const pointOf = (text: string): AsOfPoint => {
  const point = parseAsOfPoint(text);
  if (point === undefined) throw wrong("as_of", `as_of=${text} is neither a position such as @123 nor ${exampleInstant}.`);
  return point;
};

const venueTimeOf = (text: string): number => {
  const venueTimeUs = parseInstant(text);
  if (venueTimeUs === undefined) throw wrong("venue_time", `venue_time=${text} is not ${exampleInstant}.`);
  return venueTimeUs;
};

const logOf = async ({ prisma, past }: Deps, { book, query }: Asked): Promise<string> => {
  const logs = await past.logs();
  const needsBook = book !== undefined && query.log === undefined && logs.length > 1;
  return needsBook ? logOfBook(prisma, logs, book, undefined) : logOfDesk(logs, query.log);
};

const asProblem = (error: unknown, stopping: AbortSignal): unknown => {
  const problem = (name: ProblemName, detail: string): Problem => new Problem(name, detail, { cause: error });
  if (error instanceof EventLogError && error.code === "archived") return problem("as-of-too-far", `${error.message} This api reads PostgreSQL alone; \`finality positions --as-of … --archive <folder>\` reads both.`);
  if (error instanceof HistoryError && error.code === "too_far") return problem("as-of-too-far", `${error.message} Take a snapshot at or before it (\`finality snapshots take --at <position>\`), or ask on the command line, which has no such bound.`);
  if (error instanceof HistoryError && error.code === "busy") return problem("as-of-busy", error.message);
  return stopping.aborted ? problem("as-of-busy", "The api is stopping.") : error;
};

const recordOf = async ({ past: { source } }: Deps, log: string, text: string | undefined): Promise<StoredRecord> => {
  const position = (await source.head(log))?.position ?? 0;
  const point = text === undefined ? ({ kind: "position", position } as const) : pointOf(text);
  if (point.kind === "position" && point.position > position) throw new Problem("projection-behind", `Log ${log} is at position ${String(position)}, not yet at as_of=${String(text)}.`);
  return recordAsOf(source, log, point).catch((error: unknown) => {
    if (!(error instanceof HistoryError) || error.code !== "not_in_log") throw error;
    throw new Problem("before-the-log", `as_of=${String(text)} is before the log: ${error.message}`, { cause: error });
  });
};

const requireBook = (isThere: boolean, book: string, where: string): void => {
  if (!isThere) throw new Problem("unknown-book", `There was no book ${book} ${where}.`);
};

const describe = ({ log, position }: Checkpoint): string => `in log ${log} at position ${String(position)}`;

/** The rows that the question's `as_of` is about, and the record that they are true at. Throws Problem. */
export const readPast = async (deps: Deps, asked: Asked & { readonly query: { readonly as_of: string } }): Promise<{ readonly checkpoint: Checkpoint; readonly rows: StateRows }> => {
  const { as_of: asOf, min_position: minPosition } = asked.query;
  pointOf(asOf);
  if (minPosition !== undefined) throw wrong("min_position", `min_position=${String(minPosition)} asks for what is new, as_of=${asOf} for what was: leave one out.`);
  try {
    const record = await recordOf(deps, await logOf(deps, asked), asOf);
    const checkpoint = checkpointOf(record);
    const rows = await deps.past.answers.rowsAt(record);
    if (asked.book !== undefined) requireBook(rows.books.some(({ book }) => book === asked.book), asked.book, describe(checkpoint));
    return { checkpoint, rows };
  } catch (error) {
    throw asProblem(error, deps.stopping);
  }
};

export type PastFacts = { readonly checkpoint: Checkpoint; readonly venueTimeUs: number; readonly positions: readonly PositionRow[] };

/** A book's positions at a venue time, by everything that the log knows at its head, or knew at `as_of`. Throws Problem. */
export const readFacts = async (deps: Deps, book: string, query: Asked["query"] & { readonly venue_time: string }): Promise<PastFacts> => {
  const venueTimeUs = venueTimeOf(query.venue_time);
  if (query.min_position !== undefined) throw wrong("min_position", `With venue_time=${query.venue_time} the whole log is read: leave min_position=${String(query.min_position)} out.`);
  try {
    const record = await recordOf(deps, await logOf(deps, { book, query }), query.as_of);
    const checkpoint = checkpointOf(record);
    const facts: FactsRows = await deps.past.answers.factsAt(record, venueTimeUs);
    const found = facts.find((each) => each.book === book);
    requireBook(found !== undefined, book, `at ${formatInstant(venueTimeUs)} by what is known ${describe(checkpoint)}`);
    return { checkpoint, venueTimeUs, positions: found?.positions ?? [] };
  } catch (error) {
    throw asProblem(error, deps.stopping);
  }
};
