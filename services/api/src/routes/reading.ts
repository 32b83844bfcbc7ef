import { setTimeout as sleep } from "node:timers/promises";
import type { PrismaClient } from "@finality/database";
import { inOneSnapshot, logsOfBook, progressOfLogs, type Progress, type ReadClient } from "@finality/read-models";
import { Problem } from "../problems/problem.ts";

/** What the routes read from. */
export type ReadingDeps = {
  readonly prisma: PrismaClient;
  /** How long `min_position` may keep a request waiting, milliseconds. */
  readonly waitMsMax: number;
  /** Aborted when the service stops: whoever waits is answered at once. */
  readonly stopping: AbortSignal;
};

type ReadingQuery = { readonly log?: string; readonly as_of?: string; readonly min_position?: number };

const pollMs = 25;

const theLog = (logs: readonly string[], what: string): string => {
  const [log, ...others] = logs;
  if (log === undefined) throw new Problem("projection-behind", "Nothing has been projected yet: no log has been opened, or the projector has not read it.");
  if (others.length > 0) throw new Problem("log-required", `${what} is in several logs: say which by ?log=, one of ${logs.join(", ")}.`);
  return log;
};

/** The log that a question without a book is about. Throws Problem. */
export const logOfDesk = (logs: readonly string[], asked: string | undefined): string => {
  if (asked === undefined) return theLog(logs, "The answer");
  if (!logs.includes(asked)) throw new Problem("unknown-log", `There is no log ${asked}${logs.length === 0 ? "" : `; the logs are ${logs.join(", ")}`}.`);
  return asked;
};

/** The log that has the book. Throws Problem. */
export const logOfBook = async (client: ReadClient, logs: readonly string[], book: string, asked: string | undefined): Promise<string> => {
  if (asked !== undefined) logOfDesk(logs, asked);
  const having = (await logsOfBook(client, book)).filter((log) => asked === undefined || log === asked);
  if (having.length === 0) throw new Problem("unknown-book", `There is no book ${book}${asked === undefined ? "" : ` in log ${asked}`}; /v1/books lists them.`);
  return theLog(having, `A book ${book}`);
};

const found = (progress: readonly Progress[], log: string): Progress => {
  const own = progress.find(({ checkpoint }) => checkpoint.log === log);
  if (own === undefined) throw new Problem("projection-behind", `Log ${log} has not been projected yet.`);
  return own;
};

export type Asked = { readonly book: string | undefined; readonly query: ReadingQuery };

export type Read<T> = { readonly progress: Progress; readonly value: T };

const attempt = <T>(prisma: PrismaClient, { book, query }: Asked, read: (client: ReadClient, progress: Progress) => Promise<T>): Promise<Read<T> | Progress> =>
  inOneSnapshot(prisma, async (client) => {
    const all = await progressOfLogs(client);
    const logs = all.map(({ checkpoint }) => checkpoint.log);
    const log = book === undefined ? logOfDesk(logs, query.log) : await logOfBook(client, logs, book, query.log);
    const progress = found(all, log);
    if (progress.checkpoint.position < (query.min_position ?? 0)) return progress;
    return { progress, value: await read(client, progress) };
  });

const behind = (query: ReadingQuery, { checkpoint, lagMs }: Progress): Problem =>
  new Problem(
    "projection-behind",
    `The read models of log ${checkpoint.log} are at position ${String(checkpoint.position)}, not yet at min_position ${String(query.min_position)}; they last moved ${String(lagMs)} ms ago.`,
  );

/**
 * Reads one book's (or the desk's) rows and the checkpoint that they are true at, on one snapshot. Waits, within bounds, until the
 * read models have reached `min_position`; a book that is opened there is found then too. Throws Problem.
 */
export const readAt = async <T>(deps: ReadingDeps, asked: Asked, read: (client: ReadClient, progress: Progress) => Promise<T>): Promise<Read<T>> => {
  const { query } = asked;
  const deadlineMs = performance.now() + deps.waitMsMax;
  while (true) {
    let waitFor: Problem;
    try {
      const answer = await attempt(deps.prisma, asked, read);
      if ("value" in answer) return answer;
      waitFor = behind(query, answer);
    } catch (error) {
      // Whoever waits for a position may be waiting for its book or log to appear.
      if (query.min_position === undefined || !(error instanceof Problem)) throw error;
      waitFor = error;
    }
    if (performance.now() >= deadlineMs || deps.stopping.aborted) throw waitFor;
    await sleep(pollMs, undefined, { signal: deps.stopping }).catch(() => undefined);
  }
};
