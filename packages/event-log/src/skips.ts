import type { Database, Queryable } from "@finality/database";

/** Where a message lies on the bus. */
export type MessagePlace = { readonly topic: string; readonly partition: number; readonly offset: number };

/** The message that a log's writer could not apply and stopped at (rule 10). */
export type LogStop = MessagePlace & { readonly log: string; readonly epoch: number; readonly error: string };

/** An operator's word that the writer passes over a message. */
export type Skip = MessagePlace & {
  /** A code: lower case, digits, underscores. */
  readonly reason: string;
  /** Salted reference of the person (rule 40). */
  readonly actor: string;
};

/** In force while its message is not consumed. An older writer's stop does not replace a newer one's. */
export const noteStop = async (database: Queryable, { log, epoch, topic, partition, offset, error }: LogStop): Promise<void> => {
  await database.query(
    `INSERT INTO event_log.stop (log, epoch, topic, partition, "offset", error) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (log) DO UPDATE SET epoch = excluded.epoch, topic = excluded.topic, partition = excluded.partition, "offset" = excluded."offset", error = excluded.error, at = now()
      WHERE stop.epoch <= excluded.epoch`,
    [log, epoch, topic, partition, offset, error],
  );
};

const notConsumed = (place: string): string =>
  `NOT EXISTS (SELECT FROM event_log.source_offset o WHERE o.log = ${place}.log AND o.topic = ${place}.topic AND o.partition = ${place}.partition AND o.next_offset > ${place}."offset")`;

/** Where the log stands still; undefined when it went on, or never stopped at a message. */
export const stopOf = async (database: Queryable, log: string): Promise<LogStop | undefined> => {
  const { rows } = await database.query<LogStop>(`SELECT log, epoch, topic, partition, "offset", error FROM event_log.stop s WHERE log = $1 AND ${notConsumed("s")}`, [log]);
  return rows[0];
};

/** Skips whose message the log has not consumed. */
export const pendingSkips = async (database: Queryable, log: string): Promise<readonly Skip[]> => {
  const { rows } = await database.query<Skip>(`SELECT topic, partition, "offset", reason, actor FROM event_log.skip k WHERE log = $1 AND ${notConsumed("k")} ORDER BY topic, "offset"`, [log]);
  return rows;
};

export type SkipAnswer =
  /** The writer passes over it at its next look. */
  | { readonly kind: "ordered" }
  /** It was ordered before. */
  | { readonly kind: "known" }
  /** The log does not stand still at this message; `stop`: it does at another one. */
  | { readonly kind: "not_stopped"; readonly stop: LogStop | undefined };

/** Orders a skip of the message that the log stands still at, and of no other. */
export const orderSkip = (database: Database, log: string, skip: Skip): Promise<SkipAnswer> =>
  database.transaction(async (client): Promise<SkipAnswer> => {
    const { topic, partition, offset, reason, actor } = skip;
    const stop = await stopOf(client, log);
    if (stop?.topic !== topic || stop.partition !== partition || stop.offset !== offset) return { kind: "not_stopped", stop };
    const { rowCount } = await client.query(
      `INSERT INTO event_log.skip (log, topic, partition, "offset", reason, actor) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [log, topic, partition, offset, reason, actor],
    );
    return { kind: rowCount === 1 ? "ordered" : "known" };
  });
