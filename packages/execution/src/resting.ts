import type { Queryable } from "@finality/database";

/** Orders of `book` in `log` are to be cancelled at the venue; undefined: of every one. */
export type CancelScope = { readonly log: string | undefined; readonly book: string | undefined; readonly why: "halted" | "writer_silent" };

type ScopeRow = { readonly log: string | null; readonly book: string | null; readonly why: CancelScope["why"] };

/**
 * Whose resting orders must go: those of halts in force that say so (rule 22), and those of live logs whose writer has appended nothing for
 * `silentMs` of PostgreSQL's clock (rule 23). A live log's writer records the time each second; a data log stands still between instants.
 */
export const cancelScopes = async (database: Queryable, silentMs: number): Promise<readonly CancelScope[]> => {
  const { rows } = await database.query<ScopeRow>(
    `SELECT log, book, 'halted' AS why
       FROM (SELECT DISTINCT ON (log, book) log, book, halted AND cancel_orders AS cancels FROM execution.halt ORDER BY log, book, seq DESC) AS newest WHERE cancels
     UNION ALL
     SELECT h.log, NULL, 'writer_silent' FROM event_log.head h JOIN event_log.record r ON r.log = h.log AND r.position = 1
      WHERE h.written_at < clock_timestamp() - $1 * interval '1 millisecond' AND convert_from(r.payload, 'UTF8')::jsonb ->> 'clock' = 'live'`,
    [silentMs],
  );
  return rows.map(({ log, book, why }) => ({ log: log ?? undefined, book: book ?? undefined, why }));
};

export type OrderPlace = { readonly commandId: string; readonly log: string; readonly book: string };

/** Of these client order ids the ones that are commands of ours, and whose. */
export const placesOfOrders = async (database: Queryable, clientOrderIds: readonly string[]): Promise<readonly OrderPlace[]> => {
  const sql = `SELECT command_id AS "commandId", log, book FROM execution.command WHERE command_id = ANY($1) ORDER BY log, position`;
  return (await database.query<OrderPlace>(sql, [clientOrderIds])).rows;
};

export const isInScope = ({ log, book }: Pick<CancelScope, "log" | "book">, place: OrderPlace): boolean =>
  (log === undefined || log === place.log) && (book === undefined || book === place.book);

/** Live logs for which the account was ever sent a command. */
export const liveLogsOf = async (database: Queryable, account: string): Promise<readonly string[]> => {
  const { rows } = await database.query<{ readonly log: string }>(
    `SELECT h.log FROM event_log.head h JOIN event_log.record r ON r.log = h.log AND r.position = 1
      WHERE convert_from(r.payload, 'UTF8')::jsonb ->> 'clock' = 'live' AND EXISTS (SELECT FROM execution.command c WHERE c.log = h.log AND c.account = $1) ORDER BY h.log`,
    [account],
  );
  return rows.map(({ log }) => log);
};
