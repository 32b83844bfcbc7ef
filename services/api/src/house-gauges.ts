import type { Database } from "@finality/database";
import type { Metrics, Sample } from "@finality/runtime";

type GaugeOfRows = { readonly name: string; readonly help: string; readonly labels: readonly string[]; readonly sql: string };

/** One row a sample: `value`, and a column for each label. */
const gauges: readonly GaugeOfRows[] = [
  { name: "finality_log_head_records", help: "records in the log", labels: ["log"], sql: "SELECT log, position AS value FROM event_log.head" },
  { name: "finality_log_duplicates_records", help: "messages that were ignored because their id and content were known", labels: ["log"], sql: "SELECT log, duplicates AS value FROM event_log.head" },
  {
    name: "finality_follower_behind_records",
    help: "records that a follower of the log (dispatcher, paper venue, projector) has not read yet",
    labels: ["log", "follower"],
    sql: `SELECT h.log, f.follower, h.position - f.position AS value FROM event_log.head h
            JOIN (SELECT log, follower, position FROM execution.follower UNION ALL SELECT log, 'projector', position FROM read_model.checkpoint) f USING (log)`,
  },
  { name: "finality_dead_letters_open_messages", help: "messages that could not be recorded and that nobody has dealt with", labels: ["log", "reason"], sql: "SELECT log, reason, count(*)::int AS value FROM event_log.dead_letter WHERE state = 'open' GROUP BY log, reason" },
  {
    name: "finality_commands_open",
    help: "recorded commands without a terminal attempt",
    labels: ["account"],
    sql: "SELECT c.account, count(*)::int AS value FROM execution.command c LEFT JOIN execution.attempt a USING (command_id) WHERE a.command_id IS NULL OR a.state IN ('sending', 'unknown') GROUP BY c.account",
  },
  { name: "finality_attempts_unknown", help: "orders of which the venue has not said yet whether it has them", labels: ["account"], sql: "SELECT account, count(*)::int AS value FROM execution.attempt WHERE state = 'unknown' GROUP BY account" },
  { name: "finality_outbox_unpublished_messages", help: "reports that are not on the bus yet", labels: ["account"], sql: "SELECT account, count(*)::int AS value FROM execution.outbox WHERE NOT published GROUP BY account" },
  { name: "finality_read_models_failed_versions", help: "versions of the read models that stand still by an error", labels: ["log"], sql: "SELECT log, count(failed_reason)::int AS value FROM projection.version GROUP BY log" },
  { name: "finality_books", help: "books by status: trading, halted, held, suspended", labels: ["log", "status"], sql: "SELECT log, status, count(*)::int AS value FROM read_model.book GROUP BY log, status" },
];

/** What the database knows of the whole house, asked at each scrape: of several api processes each says the same. */
export const reportHouse = (metrics: Metrics, database: Database): void => {
  for (const { name, help, labels, sql } of gauges) {
    metrics.gauge(name, help, labels, async () => {
      const { rows } = await database.query<Readonly<Record<string, string | number>>>(sql);
      return rows.map((row): Sample => ({ value: Number(row["value"]), labels: Object.fromEntries(labels.map((label) => [label, String(row[label])])) }));
    });
  }
};
