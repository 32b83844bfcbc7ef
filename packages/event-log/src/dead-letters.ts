import type { Database } from "@finality/database";
import { EventLogError } from "./errors.ts";

/** `<topic>/<partition>/<offset>`: where the message lay. */
export type DeadLetterKey = { readonly topic: string; readonly partition: number; readonly offset: number };
export type DeadLetterState = "open" | "redriven" | "discarded";

export type DeadLetterSummary = DeadLetterKey & {
  readonly log: string;
  readonly reason: string;
  readonly detail: string;
  /** Indices of the bad ticks when only some of the message's ticks were bad. */
  readonly badIndices: readonly number[] | undefined;
  readonly at: Date;
  readonly state: DeadLetterState;
  readonly resolvedAt: Date | undefined;
  readonly valueBytes: number;
};
export type DeadLetter = DeadLetterSummary & { readonly headers: Readonly<Record<string, string>>; readonly value: Uint8Array };

export type DeadLetterFilter = {
  readonly log?: string;
  readonly state?: DeadLetterState;
  /** The last one of the page before. */
  readonly after?: DeadLetterKey;
  /** 1 … 1000; default 100. */
  readonly limit?: number;
};

export interface DeadLetters {
  /** In order of topic, partition, offset. */
  list(filter?: DeadLetterFilter): Promise<readonly DeadLetterSummary[]>;
  /** With the message itself. Throws `unknown_dead_letter`. */
  show(key: DeadLetterKey): Promise<DeadLetter>;
  count(filter?: Pick<DeadLetterFilter, "log" | "state">): Promise<number>;
  /** False when it was not open any more: somebody was first. Throws `unknown_dead_letter`. */
  markRedriven(key: DeadLetterKey): Promise<boolean>;
  discard(key: DeadLetterKey): Promise<boolean>;
}

const limits = { usual: 100, most: 1_000 } as const;
const summaryColumns = `log, topic, partition, "offset", reason, detail, bad_indices, at, state, resolved_at, octet_length(value) AS value_bytes`;

type SummaryRow = DeadLetterKey & {
  readonly log: string;
  readonly reason: string;
  readonly detail: string;
  readonly bad_indices: readonly number[] | null;
  readonly at: Date;
  readonly state: DeadLetterState;
  readonly resolved_at: Date | null;
  readonly value_bytes: number;
};
type LetterRow = SummaryRow & { readonly headers: Readonly<Record<string, string>>; readonly value: Buffer };

const keyText = ({ topic, partition, offset }: DeadLetterKey): string => `${topic}/${String(partition)}/${String(offset)}`;

export const createDeadLetters = (database: Database): DeadLetters => {
  const show = async (key: DeadLetterKey): Promise<DeadLetter> => {
    const { rows } = await database.query<LetterRow>(
      `SELECT ${summaryColumns}, headers, value FROM event_log.dead_letter WHERE topic = $1 AND partition = $2 AND "offset" = $3`,
      [key.topic, key.partition, key.offset],
    );
    const [row] = rows;
    if (row === undefined) throw new EventLogError("unknown_dead_letter", `There is no dead letter ${keyText(key)}.`);
    return { ...summary(row), headers: row.headers, value: row.value };
  };
  const resolve = async (key: DeadLetterKey, state: DeadLetterState): Promise<boolean> => {
    const { rowCount } = await database.query(
      `UPDATE event_log.dead_letter SET state = $4, resolved_at = now() WHERE topic = $1 AND partition = $2 AND "offset" = $3 AND state = 'open'`,
      [key.topic, key.partition, key.offset, state],
    );
    if (rowCount === 0) await show(key);
    return rowCount === 1;
  };
  return {
    show,
    list: (filter) => list(database, filter ?? {}),
    count: async ({ log, state } = {}) => {
      const { rows } = await database.query<{ letters: number }>(
        "SELECT count(*) AS letters FROM event_log.dead_letter WHERE ($1::text IS NULL OR log = $1) AND ($2::text IS NULL OR state = $2)",
        [log ?? null, state ?? null],
      );
      return rows[0]?.letters ?? 0;
    },
    markRedriven: (key) => resolve(key, "redriven"),
    discard: (key) => resolve(key, "discarded"),
  };
};

const list = async (database: Database, { log, state, after, limit = limits.usual }: DeadLetterFilter): Promise<readonly DeadLetterSummary[]> => {
  const { rows } = await database.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM event_log.dead_letter
      WHERE ($1::text IS NULL OR log = $1) AND ($2::text IS NULL OR state = $2)
        AND ($3::text IS NULL OR (topic, partition, "offset") > ($3, $4::int, $5::bigint))
      ORDER BY topic, partition, "offset" LIMIT $6`,
    [log ?? null, state ?? null, after?.topic ?? null, after?.partition ?? null, after?.offset ?? null, Math.min(Math.max(limit, 1), limits.most)],
  );
  return rows.map(summary);
};

const summary = (row: SummaryRow): DeadLetterSummary => ({
  topic: row.topic,
  partition: row.partition,
  offset: row.offset,
  log: row.log,
  reason: row.reason,
  detail: row.detail,
  badIndices: row.bad_indices ?? undefined,
  at: row.at,
  state: row.state,
  resolvedAt: row.resolved_at ?? undefined,
  valueBytes: row.value_bytes,
});
