import type { Database } from "@finality/database";
import type { DeadLetterKey } from "./dead-letters.ts";

/** A dead letter on its way to its dead-letter topic. */
export type UnpublishedLetter = DeadLetterKey & {
  readonly log: string;
  readonly reason: string;
  readonly detail: string;
  /** When it was refused; the message's own time is not known. */
  readonly at: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
};

/** What the writer's process does with dead letters besides writing them. */
export interface DeadLetterUpkeep {
  /** Of these logs, in order of topic, partition, offset. */
  unpublished(logs: readonly string[], limit: number): Promise<readonly UnpublishedLetter[]>;
  /** After the bus has acknowledged them; a crash in between publishes them again. */
  markPublished(keys: readonly DeadLetterKey[]): Promise<void>;
  /**
   * Deletes the letters of these logs that were resolved longer ago than that; open ones are never dropped silently: how many of them are
   * older is in the answer (rule 40).
   */
  expire(logs: readonly string[], olderThanMs: number): Promise<{ readonly deleted: number; readonly openAndOlder: number }>;
}

export const createDeadLetterUpkeep = (database: Database): DeadLetterUpkeep => ({
  unpublished: async (logs, limit) => {
    const { rows } = await database.query<UnpublishedLetter>(
      `SELECT topic, partition, "offset", log, reason, detail, at, headers, value FROM event_log.dead_letter
        WHERE published_at IS NULL AND log = ANY($1) ORDER BY topic, partition, "offset" LIMIT $2`,
      [logs, limit],
    );
    return rows;
  },
  markPublished: async (keys) => {
    await database.query(
      `UPDATE event_log.dead_letter d SET published_at = now() FROM unnest($1::text[], $2::int[], $3::int8[]) AS k (topic, partition, at)
        WHERE d.topic = k.topic AND d.partition = k.partition AND d."offset" = k.at AND published_at IS NULL`,
      [keys.map(({ topic }) => topic), keys.map(({ partition }) => partition), keys.map(({ offset }) => offset)],
    );
  },
  expire: async (logs, olderThanMs) => {
    const parameters = [logs, olderThanMs];
    const old = "log = ANY($1) AND coalesce(resolved_at, at) < now() - $2 * interval '1 millisecond'";
    const { rowCount } = await database.query(`DELETE FROM event_log.dead_letter WHERE state <> 'open' AND ${old}`, parameters);
    const { rows } = await database.query<{ readonly count: number }>(`SELECT count(*) AS count FROM event_log.dead_letter WHERE state = 'open' AND ${old}`, parameters);
    return { deleted: rowCount ?? 0, openAndOlder: rows[0]?.count ?? 0 };
  },
});
