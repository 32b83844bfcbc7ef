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

/**
 * All of one log: other logs have their own instants, and what is under way in them may be so for as long as they like. Jobs alone are
 * counted by account, so logs that share an account wait for each other's.
 */
const ringSql = `
  WITH account AS (SELECT DISTINCT account FROM execution.command WHERE log = $1)
  SELECT coalesce((SELECT position FROM event_log.head WHERE log = $1), 0)::int8 AS head,
         (SELECT jsonb_object_agg(follower, position) FROM execution.follower WHERE log = $1) AS followers,
         (SELECT jsonb_object_agg(topic, next_offset) FROM event_log.source_offset WHERE log = $1) AS offsets,
         (SELECT count(*)::int FROM execution.command c LEFT JOIN execution.attempt a USING (command_id)
           WHERE c.log = $1 AND (a.command_id IS NULL OR a.state IN ('sending', 'unknown'))) AS open_commands,
         EXISTS (SELECT FROM account LEFT JOIN execution.venue_cursor v USING (account)
                   JOIN venue.report r ON r.account = account.account AND r.sequence > coalesce(v.sequence, 0)
                   JOIN venue.order o USING (client_order_id) WHERE o.log = $1) AS untaken_reports,
         (SELECT array_agg(account ORDER BY account) FROM account) AS accounts`;

/**
 * Why the house is not quiet yet, or undefined when nothing is under way that could still lead to a record at this instant (rule 32):
 * all that is stored is finished, the bus and the queue hold nothing more, and what is stored is still the same. Reports that wait for the conductor itself are not under way.
 */
export const unquietReason = async (deps: RingDeps, log: string, partition: number): Promise<string | undefined> => {
  const before = await ring(deps, log);
  // One statement saw all of these at once; bus and queue are asked only when none of them speaks against it.
  const unfinished = unfinishedIn(before);
  if (unfinished !== undefined) return unfinished;
  const ends = await Promise.all(topicNames.map(async (topic) => ({ topic, end: await deps.bus.endOffset(topic, partition) })));
  for (const { topic, end } of ends) {
    const consumed = before.offsets?.[topic] ?? 0;
    if (consumed < end) return `the sequencer has recorded ${String(consumed)} of ${String(end)} messages of ${topic}`;
  }
  const open = await Promise.all((before.accounts ?? []).map(async (account) => ({ account, jobs: await deps.queue.openJobs(account) })));
  for (const { account, jobs } of open) {
    if (jobs > 0) return `${String(jobs)} jobs of ${account} are open`;
  }
  const after = await ring(deps, log);
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : "something moved while it was looked at";
};

const unfinishedIn = ({ head, followers, open_commands: commands, untaken_reports: untaken }: RingRow): string | undefined => {
  for (const follower of ringFollowers) {
    const position = followers?.[follower] ?? 0;
    if (position < head) return `the ${follower} has read ${String(position)} of ${String(head)} records`;
  }
  if (commands > 0) return `${String(commands)} commands have no final answer from the venue yet`;
  return untaken ? "the executor has not taken over all reports of the venue yet" : undefined;
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
