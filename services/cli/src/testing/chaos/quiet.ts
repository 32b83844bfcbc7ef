import type { Bus } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import type { Database } from "@finality/database";
import { setTimeout as sleep } from "node:timers/promises";

export type QuietDeps = { readonly database: Database; readonly bus: Bus };

type Counted = { readonly what: string; readonly count: number };
type Place = { readonly log: string; readonly partition: number; readonly topic: string; readonly next: number };

/** What is under way somewhere between a log and its venue. Resting orders are not. */
const underWaySql = `
  SELECT 'commands without a final outcome' AS what, count(*)::int AS count FROM execution.command c LEFT JOIN execution.attempt a USING (command_id)
   WHERE a.command_id IS NULL OR a.state IN ('sending', 'unknown')
  UNION ALL SELECT 'reports in the outbox', count(*)::int FROM execution.outbox WHERE NOT published
  UNION ALL SELECT 'accounts with reports that nobody took from the venue', count(*)::int
    FROM (SELECT account, max(sequence) AS last FROM venue.report GROUP BY account) r LEFT JOIN execution.venue_cursor v USING (account) WHERE r.last > coalesce(v.sequence, 0)
  UNION ALL SELECT 'logs that ' || f.name || ' has not read to their end', count(*)::int
    FROM event_log.head h CROSS JOIN (VALUES ('dispatcher'), ('paper-venue')) AS f (name)
    LEFT JOIN execution.follower e ON e.follower = f.name AND e.log = h.log WHERE coalesce(e.position, 0) < h.position GROUP BY f.name
  UNION ALL SELECT 'logs that the projector has not read to their end', count(*)::int
    FROM event_log.head h LEFT JOIN read_model.checkpoint c USING (log) WHERE coalesce(c.position, 0) < h.position`;

const placesSql = `
  SELECT c.log, c.partition, t.topic, coalesce(o.next_offset, 0)::int8 AS next
    FROM event_log.catalogue c CROSS JOIN unnest($1::text[]) AS t (topic) LEFT JOIN event_log.source_offset o ON o.log = c.log AND o.topic = t.topic`;

/** What is still under way in the whole house; empty when nothing is. A live log whose writer runs always has a newest record to be read. */
const underWay = async ({ database, bus }: QuietDeps): Promise<readonly string[]> => {
  const { rows } = await database.query<Counted>(underWaySql);
  const { rows: places } = await database.query<Place>(placesSql, [topicNames]);
  const behind: string[] = [];
  for (const { log, partition, topic, next } of places) {
    const end = await bus.endOffset(topic, partition);
    if (next < end) behind.push(`${log} has taken in ${String(next)} of ${String(end)} messages of ${topic}`);
  }
  return [...rows.filter(({ count }) => count > 0).map(({ what, count }) => `${String(count)} ${what}`), ...behind];
};

export type QuietOptions = { readonly withinMs: number; readonly ignoring?: RegExp; readonly onWaiting?: (reasons: readonly string[]) => void };

const lookEveryMs = 250;
/** Two looks may fall into the gap between a message and its consumption; five do not. */
const quietLooks = 5;
const tellEveryMs = 10_000;

/** Waits until nothing is under way in several looks. Returns what still is, when the time is over. */
export const untilQuiet = async (deps: QuietDeps, { withinMs, ignoring, onWaiting }: QuietOptions): Promise<readonly string[]> => {
  const deadlineMs = performance.now() + withinMs;
  let toldMs = performance.now();
  for (let looks = 0; ; ) {
    const reasons = (await underWay(deps)).filter((reason) => ignoring?.test(reason) !== true);
    looks = reasons.length === 0 ? looks + 1 : 0;
    if (looks >= quietLooks) return [];
    if (performance.now() > deadlineMs) return reasons;
    if (performance.now() - toldMs > tellEveryMs) {
      toldMs = performance.now();
      onWaiting?.(reasons);
    }
    await sleep(lookEveryMs);
  }
};
