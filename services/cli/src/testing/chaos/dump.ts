import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { createNotifier } from "@finality/database";
import { createLogReader, exportLog } from "@finality/event-log";
import type { Ground } from "./ground.ts";

/** Small enough to be kept whole, and what a look at a failed run begins with. */
const tables = ["event_log.catalogue", "event_log.head", "event_log.source_offset", "event_log.dead_letter", "execution.command", "execution.attempt", "execution.halt", "execution.outbox", "execution.lease", "execution.follower", "execution.venue_cursor", "venue.order", "venue.report", "venue.position", "read_model.checkpoint", "pg_stat_activity", "pg_locks"];

/** Writes everything that a failed run needs beside its processes' logs: the report, the tables, each log as `finality log export` writes it. */
export const dump = async (folder: string, { postgres: { database } }: Ground, report: unknown): Promise<void> => {
  writeFileSync(join(folder, "report.json"), JSON.stringify(report, null, 2));
  for (const table of tables) {
    const { rows } = await database.query<{ readonly row: unknown }>(`SELECT to_jsonb(t) AS row FROM ${table} t`);
    writeFileSync(join(folder, `${table}.jsonl`), rows.map(({ row }) => `${JSON.stringify(row)}\n`).join(""));
  }
  const reader = createLogReader({ database, notifier: createNotifier(database) });
  for (const { log } of await reader.heads()) {
    const stream = createWriteStream(join(folder, `${log}.export.jsonl`));
    await exportLog(reader, log, stream);
    stream.end();
    await finished(stream);
  }
};
