import type { Database } from "@finality/database";
import { Decimal } from "decimal.js";
import type { LogFacts } from "./log-facts.ts";

type CommandRow = { readonly command_id: string; readonly state: string | null; readonly orders: number };
const none = new Decimal(0);
type PositionRow = { readonly account: string; readonly instrument: string; readonly quantity: string };

/** Every decided hedge is one command with one final outcome; an accepted one is one order at the venue, any other none. */
export const checkCommands = async (database: Database, { log, commands, wasLost }: LogFacts): Promise<readonly string[]> => {
  const { rows } = await database.query<CommandRow>(
    `SELECT c.command_id, a.state, (SELECT count(*)::int FROM venue.order o WHERE o.client_order_id = c.command_id) AS orders
       FROM execution.command c LEFT JOIN execution.attempt a USING (command_id) WHERE c.log = $1`,
    [log],
  );
  const stored = new Set(rows.map(({ command_id: commandId }) => commandId));
  const { rows: strangers } = await database.query<{ readonly id: string }>("SELECT client_order_id AS id FROM venue.order WHERE log = $1", [log]);
  return [
    ...[...commands].filter((id) => !stored.has(id)).map((id) => `the hedge ${id} was decided, but there is no such command`),
    ...[...stored].filter((id) => !commands.has(id)).map((id) => `the command ${id} was never decided`),
    ...strangers.filter(({ id }) => !commands.has(id) && !wasLost(id)).map(({ id }) => `the venue has an order ${id} that was never decided`),
    ...rows.flatMap(outcomeOf),
  ];
};

const outcomeOf = ({ command_id: id, state, orders }: CommandRow): readonly string[] => {
  if (state === null) return [`the command ${id} was never claimed`];
  if (state === "sending" || state === "unknown") return [`the command ${id} has no final outcome: ${state}`];
  return orders === (state === "accepted" ? 1 : 0) ? [] : [`the command ${id} is ${state}, but the venue has ${String(orders)} orders of it`];
};

/** The venue and the log agree on every account's position, and each of the venue's fills was recorded once. */
export const checkVenue = async (database: Database, facts: LogFacts): Promise<readonly string[]> => {
  const { log, fills, traded, unexpectedFills } = facts;
  const { rows } = await database.query<PositionRow>(
    "SELECT account, instrument, quantity FROM venue.position p WHERE EXISTS (SELECT FROM venue.order o WHERE o.log = $1 AND o.account = p.account AND o.instrument = p.instrument)",
    [log],
  );
  const held = new Map(rows.filter(({ quantity }) => Number(quantity) !== 0).map(({ account, instrument, quantity }) => [`${account} ${instrument}`, new Decimal(quantity)]));
  const { rows: told } = await database.query<{ readonly id: string }>(
    "SELECT convert_from(r.body, 'UTF8')::jsonb ->> 'fillId' AS id FROM venue.report r JOIN venue.order o USING (client_order_id) WHERE o.log = $1 AND r.type = 'fill'",
    [log],
  );
  const recorded = new Set(fills);
  const known = new Set(told.map(({ id }) => id));
  return [
    ...[...new Set([...held.keys(), ...traded.keys()])].flatMap((key) => {
      const [own, theirs] = [(traded.get(key) ?? none).toFixed(), (held.get(key) ?? none).toFixed()];
      return own === theirs ? [] : [`${key}: the log's fills add up to ${own}, the venue holds ${theirs}`];
    }),
    ...[...known].filter((id) => !recorded.has(id)).map((id) => `the venue's fill ${id} was never recorded`),
    ...(recorded.size === fills.length ? [] : [`${String(fills.length)} fills were recorded, but they have ${String(recorded.size)} ids`]),
    ...[...recorded].filter((id) => !known.has(id)).map((id) => `the recorded fill ${id} is not the venue's`),
    ...(unexpectedFills === 0 ? [] : [`${String(unexpectedFills)} fills were unexpected`]),
  ];
};

/** A halt and the moment, on PostgreSQL's clock, at which whoever asked for it had the answer. */
export type AcknowledgedHalt = { readonly haltId: string; readonly at: Date };

/**
 * Nothing was claimed for sending after a halt was acknowledged and before a resume of the same scope. A halt that nobody noted the
 * acknowledgement of counts from `unnotedMs` after its row: a claim that came first may hold it off that long.
 */
export const checkHalts = async (database: Database, log: string, acknowledged: readonly AcknowledgedHalt[]): Promise<readonly string[]> => {
  const { rows } = await database.query<{ readonly command_id: string; readonly halt_id: string; readonly late_ms: number }>(
    `WITH halts AS (
       SELECT h.*, coalesce(k.at, h.at + $4 * interval '1 millisecond') AS from_at,
              (SELECT min(r.at) FROM execution.halt r WHERE NOT r.halted AND r.seq > h.seq AND r.log IS NOT DISTINCT FROM h.log AND r.book IS NOT DISTINCT FROM h.book) AS to_at
         FROM execution.halt h LEFT JOIN unnest($2::text[], $3::timestamptz[]) AS k(halt_id, at) USING (halt_id) WHERE h.halted)
     SELECT a.command_id, h.halt_id, (extract(epoch FROM a.claimed_at - h.from_at) * 1000)::float8 AS late_ms
       FROM execution.attempt a JOIN execution.command c USING (command_id)
       JOIN halts h ON (h.log IS NULL OR h.log = c.log) AND (h.book IS NULL OR h.book = c.book) AND a.claimed_at > h.from_at AND (h.to_at IS NULL OR a.claimed_at < h.to_at)
      WHERE c.log = $1 AND a.state NOT IN ('withdrawn', 'expired')`,
    [log, acknowledged.map(({ haltId }) => haltId), acknowledged.map(({ at }) => at), unnotedMs],
  );
  return rows.map(({ command_id: id, halt_id: halt, late_ms: lateMs }) => `the command ${id} was claimed ${lateMs.toFixed(0)} ms after the halt ${halt} was acknowledged`);
};

const unnotedMs = 10_000;
