import { setTimeout as pause } from "node:timers/promises";
import { topics } from "@finality/contracts";
import type { Database } from "@finality/database";

/** What is committed of a log, seen from outside. */
export type Committed = {
  /** When it was seen, `wallMs`. */
  readonly atMs: number;
  readonly log: string;
  readonly epoch: number;
  readonly position: number;
  /** Next offset of the tick topic. */
  readonly ticks: number;
  readonly executions: number;
};

/** Milliseconds since 1970 with fractions, the same in all processes of a machine. */
export const wallMs = (): number => performance.timeOrigin + performance.now();
export const wallUs = (): number => Math.round(wallMs() * 1_000);

type Row = Omit<Committed, "atMs">;

const statement = {
  name: "bench committed",
  text: `SELECT log, epoch, position,
                coalesce((SELECT next_offset FROM event_log.source_offset o WHERE o.log = h.log AND topic = $1), 0) AS ticks,
                coalesce((SELECT next_offset FROM event_log.source_offset o WHERE o.log = h.log AND topic = $2), 0) AS executions
           FROM event_log.head h ORDER BY log`,
  values: [topics.ticks, topics.executions],
};

export const look = async (database: Database): Promise<readonly Committed[]> => {
  const { rows } = await database.query<Row>(statement);
  const atMs = wallMs();
  return rows.map((row) => ({ ...row, atMs }));
};

export type WatchOptions = {
  /** Between two looks, milliseconds: what is measured is late by at most this and a query. */
  readonly everyMs: number;
  /** Gives up after this, milliseconds; default two minutes. */
  readonly withinMs?: number;
  readonly until: (logs: readonly Committed[]) => boolean;
};

/** Every look in which something had changed, until `until`. Rejects when that takes too long. */
export const watch = async (database: Database, { everyMs, withinMs = 120_000, until }: WatchOptions): Promise<readonly (readonly Committed[])[]> => {
  const looks: (readonly Committed[])[] = [];
  let last = "";
  for (const deadlineMs = wallMs() + withinMs; ; ) {
    const logs = await look(database);
    const seen = logs.map(({ position, ticks, executions, epoch }) => [position, ticks, executions, epoch].join()).join(";");
    if (seen !== last) looks.push(logs);
    last = seen;
    if (until(logs)) return looks;
    if (wallMs() > deadlineMs) throw new Error(`What was waited for was not committed within ${String(withinMs)} ms; committed are ${JSON.stringify(logs)}.`);
    await pause(everyMs);
  }
};
