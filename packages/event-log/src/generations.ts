import type { Database, Queryable } from "@finality/database";
import { EventLogError } from "./errors.ts";

/** An operator's word that the log goes on under a new generation: after a restore its lost positions are given out again, under other ids (rule 9). */
export type GenerationOrder = {
  readonly generation: number;
  /** A code: lower case, digits, underscores. */
  readonly reason: string;
  /** Salted reference of the person (rule 40). */
  readonly actor: string;
};

/** Names the halt that begins with a generation: its row, and its record behind `GenerationRaised`. */
export const generationHaltId = (log: string, generation: number): string => `generation-${log}-${String(generation)}`;

/** The newest order that the log has not carried out. */
export const orderedGeneration = async (database: Queryable, log: string): Promise<GenerationOrder | undefined> => {
  const { rows } = await database.query<GenerationOrder>(
    `SELECT o.generation, o.reason, o.actor FROM event_log.generation_order o JOIN event_log.head h USING (log)
      WHERE o.log = $1 AND o.generation > h.generation ORDER BY o.generation DESC LIMIT 1`,
    [log],
  );
  return rows[0];
};

/**
 * Orders the next generation of a log; its writer records it as `GenerationRaised` at its next takeover, before anything else. `above`: a
 * generation known from outside that the new one must exceed, too. Returns it. Throws EventLogError "unknown_log", and "conflict" when one is ordered already.
 */
export const orderGeneration = (database: Database, log: string, { reason, actor, above = 0 }: Omit<GenerationOrder, "generation"> & { readonly above?: number }): Promise<number> =>
  database.transaction(async (client) => {
    const { rows } = await client.query<{ generation: number }>("SELECT generation FROM event_log.head WHERE log = $1", [log]);
    const [head] = rows;
    if (head === undefined) throw new EventLogError("unknown_log", `There is no log ${log}.`);
    const pending = await orderedGeneration(client, log);
    if (pending !== undefined) throw new EventLogError("conflict", `Generation ${String(pending.generation)} of log ${log} is ordered already and begins when its sequencer takes the log over.`);
    const generation = Math.max(head.generation, above) + 1;
    await client.query("INSERT INTO event_log.generation_order (log, generation, reason, actor) VALUES ($1, $2, $3, $4)", [log, generation, reason, actor]);
    return generation;
  });
