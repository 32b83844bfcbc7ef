import type { Database, Queryable } from "@finality/database";
import { openAttempts, type OpenAttempt } from "./settle.ts";
import { withdrawUnsent } from "./withdraw.ts";

export type HaltOrder = {
  /** Made by whoever asks; the same id again changes nothing. */
  readonly haltId: string;
  /** Undefined: every log. */
  readonly log?: string;
  /** Undefined: every book. */
  readonly book?: string;
  /** Who asked: a salted reference, never a name (rule 40). */
  readonly actor: string;
  /** Executors also cancel what rests at the venue. Default: no. */
  readonly cancelOrders?: boolean;
};

export type HaltAnswer = {
  /** Commands that nobody had claimed: they will never be sent. */
  readonly withdrawn: readonly string[];
  /** Orders that may still reach the venue although the halt is in force: they were being sent before it. */
  readonly beingSent: readonly OpenAttempt[];
};

/**
 * One lock for all claims and halts. The rules ask for one an account; this one covers accounts too that nobody has seen yet, and claims
 * hold it shared, for a few milliseconds.
 */
const haltLock = 7_305_447_131;

/** Until the transaction ends no halt comes into force. Before reading the halts, in a statement of its own. */
export const holdHaltsOff = async (client: Queryable): Promise<void> => {
  await client.query("SELECT pg_advisory_xact_lock_shared($1)", [haltLock]);
};

const declare = (database: Database, { haltId, log, book, actor, cancelOrders = false }: HaltOrder, halted: boolean): Promise<HaltAnswer> =>
  database.transaction(async (client) => {
    await client.query("SELECT pg_advisory_xact_lock($1)", [haltLock]);
    const { rowCount } = await client.query(
      "INSERT INTO execution.halt (halt_id, log, book, halted, actor, cancel_orders) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (halt_id) DO NOTHING",
      [haltId, log ?? null, book ?? null, halted, actor, cancelOrders],
    );
    const scope = { ...(log === undefined ? {} : { log }), ...(book === undefined ? {} : { book }) };
    const withdrawn = halted && rowCount === 1 ? await withdrawUnsent(client, { ...scope, by: `halt/${haltId}` }) : [];
    return { withdrawn, beingSent: await openAttempts(client, scope) };
  });

/** In force for every executor when it resolves (rule 22): no claim after it sends, and what nobody had claimed is withdrawn. The message to each log comes afterwards. */
export const halt = (database: Database, order: HaltOrder): Promise<HaltAnswer> => declare(database, order, true);

/** Ends the halt of the very same scope; a halt of a wider or narrower scope stays in force. */
export const resume = async (database: Database, order: HaltOrder): Promise<void> => {
  await declare(database, order, false);
};

/** Whether the newest row of any scope that covers the book says so. */
export const isHalted = async (client: Queryable, log: string, book: string): Promise<boolean> => {
  const { rows } = await client.query<{ readonly halted: boolean }>(
    `SELECT coalesce(bool_or(halted), false) AS halted
       FROM (SELECT DISTINCT ON (log, book) halted FROM execution.halt
              WHERE (log IS NULL OR log = $1) AND (book IS NULL OR book = $2) ORDER BY log, book, seq DESC) AS newest`,
    [log, book],
  );
  return rows[0]?.halted ?? false;
};
