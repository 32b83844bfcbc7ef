import type { Bus } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import type { Database } from "@finality/database";
import type { WorkQueue } from "@finality/work-queue";

export type RingDeps = { readonly database: Database; readonly bus: Bus; readonly queue: WorkQueue };

/** The followers that must have read a log to its head before an instant is over. */
const ringFollowers = ["dispatcher", "paper-venue"] as const;

type RingRow = {
  readonly head: number;
  readonly followers: Readonly<Record<string, number>> | null;
  readonly offsets: Readonly<Record<string, number>> | null;
  readonly open_commands: number;
  readonly untaken_reports: boolean;
  readonly accounts: readonly string[] | null;
};

const ringSql = `
  SELECT coalesce((SELECT position FROM event_log.head WHERE log = $1), 0)::int8 AS head,
         (SELECT jsonb_object_agg(follower, position) FROM execution.follower WHERE log = $1) AS followers,
         (SELECT jsonb_object_agg(topic, next_offset) FROM event_log.source_offset WHERE log = $1) AS offsets,
         (SELECT count(*)::int FROM execution.command c LEFT JOIN execution.attempt a USING (command_id)
           WHERE c.log = $1 AND (a.command_id IS NULL OR a.state IN ('sending', 'unknown'))) AS open_commands,
         EXISTS (SELECT FROM (SELECT account, max(sequence) AS last FROM venue.report GROUP BY account) r
                   LEFT JOIN execution.venue_cursor v USING (account) WHERE r.last > coalesce(v.sequence, 0)) AS untaken_reports,
         (SELECT array_agg(DISTINCT account) FROM execution.command WHERE log = $1) AS accounts`;

/**
 * Why the house is not quiet yet, in the order in which work flows round the ring (rule 32), or undefined when nothing is under way
 * that could still lead to a record at this instant. Reports that wait for the conductor itself are not under way.
 */
export const unquietReason = async (deps: RingDeps, log: string, partition: number): Promise<string | undefined> => {
  const before = await ring(deps, log);
  const ends = await Promise.all(topicNames.map(async (topic) => ({ topic, end: await deps.bus.endOffset(topic, partition) })));
  for (const { topic, end } of ends) {
    const consumed = before.offsets?.[topic] ?? 0;
    if (consumed < end) return `the sequencer has recorded ${String(consumed)} of ${String(end)} messages of ${topic}`;
  }
  for (const follower of ringFollowers) {
    const position = before.followers?.[follower] ?? 0;
    if (position < before.head) return `the ${follower} has read ${String(position)} of ${String(before.head)} records`;
  }
  if (before.open_commands > 0) return `${String(before.open_commands)} commands have no final answer from the venue yet`;
  const open = await Promise.all((before.accounts ?? []).map(async (account) => ({ account, jobs: await deps.queue.openJobs(account) })));
  for (const { account, jobs } of open) {
    if (jobs > 0) return `${String(jobs)} jobs of ${account} are open`;
  }
  if (before.untaken_reports) return "the executor has not taken over all reports of the venue yet";
  const after = await ring(deps, log);
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : "something moved while it was looked at";
};

const ring = async ({ database }: RingDeps, log: string): Promise<RingRow> => {
  const { rows } = await database.query<RingRow>(ringSql, [log]);
  const [row] = rows;
  if (row === undefined) throw new Error("Invariant: a query without FROM gives one row.");
  return row;
};

/** The next instant behind `afterUs` at which an order reaches the venue; undefined when none is under way. */
export const nextDueUs = async ({ database }: RingDeps, log: string, afterUs: number): Promise<number | undefined> => {
  const sql = "SELECT min(arrives_us)::int8 AS due FROM venue.order WHERE log = $1 AND state = 'open' AND arrives_us > $2";
  const { rows } = await database.query<{ readonly due: number | null }>(sql, [log, afterUs]);
  return rows[0]?.due ?? undefined;
};
