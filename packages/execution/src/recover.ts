import { decodeRecord, type LogRecord, type Provenance, type StoredRecord } from "@finality/contracts";
import type { Database, Queryable } from "@finality/database";
import { recordCommands } from "./commands.ts";
import { checkpointOf, dispatcherFollower } from "./followers.ts";
import { writeReport } from "./outbox.ts";

/** What an attempt is marked with that nobody made here: its command may have been sent before the database was lost. */
const recoverer = "recovery";

type Place = { readonly record: LogRecord; readonly stored: StoredRecord };

/**
 * Brings commands, attempts, reports and halts up to a log that was put in front of them: records that were imported, or a backup that ends in
 * the midst. What the log was told is not told again. A command whose answer the log does not know may have been sent by those who were lost:
 * its attempt is `unknown`, so an executor asks the venue and never sends it (rule 20). `records` are those behind the dispatcher's checkpoint
 * (`recoverFrom`). While no service runs. Doing it again changes nothing. Returns the commands that the venue will be asked about.
 */
export const recoverExecution = async (database: Database, log: string, records: AsyncIterable<readonly StoredRecord[]>): Promise<readonly string[]> => {
  for await (const chunk of records) await recoverChunk(database, log, chunk);
  return database.transaction(async (client) => {
    await watchAccounts(client, log);
    return answerAttempts(client, log);
  });
};

/** The position behind which `recoverExecution` wants the log's records. */
export const recoverFrom = (database: Database, log: string): Promise<number> => checkpointOf(database, dispatcherFollower, log);

const recoverChunk = async (database: Database, log: string, chunk: readonly StoredRecord[]): Promise<void> => {
  const [first, last] = [chunk[0], chunk.at(-1)];
  if (first === undefined || last === undefined) return;
  const places = chunk.map((stored): Place => ({ stored, record: decodeRecord(stored) }));
  await database.transaction(async (client) => {
    for (const place of places) await recoverEffects(client, log, place);
  });
  // Last, since it moves the checkpoint: whatever is interrupted is done again.
  await recordCommands(database, { follower: dispatcherFollower, log, from: first.position - 1, to: last.position }, places.flatMap(({ record }) => (record.type === "HedgeDecided" ? [record] : [])));
};

const recoverEffects = async (client: Queryable, log: string, { record, stored }: Place): Promise<void> => {
  switch (record.type) {
    case "OrderReported":
      await writeReport(client, { type: "order_report", log, body: record.body }, "published");
      return;
    case "FillRecorded":
      await writeReport(client, { type: "fill", log, body: record.body }, "published");
      return;
    case "UnexpectedFillRecorded":
      await writeReport(client, { type: "fill", log, body: record.body.fill }, "published");
      return;
    case "Halted":
    case "Resumed": {
      // Our own writer's bytes, which the leaf hash covers.
      const { actor } = JSON.parse(Buffer.from(stored.provenance).toString("utf8")) as Provenance;
      await client.query("INSERT INTO execution.halt (halt_id, log, book, halted, actor) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (halt_id) DO NOTHING", [record.body.haltId, log, record.body.book ?? null, record.type === "Halted", actor ?? recoverer]);
      return;
    }
    default:
  }
};

/** An executor works for every account of the log's books, also when the first command of one was lost: the venue may have fills of it. */
const watchAccounts = async (client: Queryable, log: string): Promise<void> => {
  await client.query(
    `INSERT INTO execution.venue_cursor (account, sequence)
     SELECT DISTINCT convert_from(payload, 'UTF8')::jsonb ->> 'account', 0 FROM event_log.record WHERE log = $1 AND type = 'BookOpened'
     ON CONFLICT (account) DO NOTHING`,
    [log],
  );
};

/** A fill, or a report of the venue's own, proves that the order was accepted; of the executor's own reports the last one says it. */
const answerAttempts = async (client: Queryable, log: string): Promise<readonly string[]> => {
  const { rows } = await client.query<{ readonly commandId: string; readonly state: string }>(
    `WITH said AS (
       SELECT c.command_id, c.account, c.position,
              bool_or(o.type = 'fill' OR o.body ->> 'state' IN ('accepted', 'filled', 'cancelled')) AS accepted,
              (array_agg(o.body ->> 'state' ORDER BY o.sequence DESC) FILTER (WHERE o.body ->> 'state' IN ('rejected', 'expired')))[1] AS refused,
              (array_agg(o.body ->> 'reason' ORDER BY o.sequence DESC) FILTER (WHERE o.body ->> 'state' IN ('rejected', 'expired')))[1] AS reason
         FROM execution.command c LEFT JOIN execution.attempt a USING (command_id)
         LEFT JOIN LATERAL (SELECT type, sequence, convert_from(r.body, 'UTF8')::jsonb AS body FROM execution.outbox r WHERE r.command_id = c.command_id) o ON true
        WHERE c.log = $1 AND (a.command_id IS NULL OR a.state IN ('sending', 'unknown')) GROUP BY c.command_id),
     answers AS (SELECT command_id, account, position, CASE WHEN accepted THEN 'accepted' ELSE coalesce(refused, 'unknown') END AS state, CASE WHEN accepted THEN NULL ELSE reason END AS reason FROM said)
     INSERT INTO execution.attempt (command_id, account, state, reason, executor, send_by, finished_at)
     SELECT command_id, account, state, reason, $2, clock_timestamp(), CASE WHEN state = 'unknown' THEN NULL ELSE now() END FROM answers ORDER BY position
     ON CONFLICT (command_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, finished_at = excluded.finished_at WHERE attempt.state IN ('sending', 'unknown')
     RETURNING command_id AS "commandId", state`,
    [log, recoverer],
  );
  return rows.filter(({ state }) => state === "unknown").map(({ commandId }) => commandId);
};
