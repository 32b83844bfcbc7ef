import { decodeRecord, type RecordContent } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { createLogReader, createLogWriter, recordChunks } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { compared, type Measurement } from "../measurement.ts";
import { recordDay } from "../recording/recorded-day.ts";
import { alternate } from "../timing.ts";
import { appendAll, appendsOf } from "./appends.ts";
import { tickBlocks, ticksPerBlock } from "./tick-blocks.ts";

const atLeast = 0.5;
const rounds = 7;
const blocks = 500;
const dayTicks = 400_000;

/** Ticks a second that are read from PostgreSQL in chunks and decoded, beside a bare read of the same payloads in the same chunks. */
export const read = async (): Promise<readonly Measurement[]> => {
  const day = await recordDay({ ticks: dayTicks, messagesPerBatch: 500 });
  const contents = [...day.opening, ...day.trading].flatMap(({ records }) => records.map(({ content }) => content));
  const server = await privatePostgres();
  try {
    const { database } = server;
    const ofBlocks = await race(database, { log: "blocks", contents: tickBlocks(blocks), ticks: blocks * ticksPerBlock, chunk: 100 });
    const ofDay = await race(database, { log: day.log, contents, ticks: day.ticks, chunk: 500 });
    return [
      compared(`read and decode: records of ${String(ticksPerBlock)} ticks; baseline: bare read of the payloads`, ofBlocks, { atLeast }),
      compared("read and decode: the recorded day, about 19 ticks a record; baseline: bare read of the payloads", ofDay, { atLeast }),
    ];
  } finally {
    await server.dispose();
  }
};

type Stored = { readonly log: string; readonly contents: readonly RecordContent[]; readonly ticks: number; readonly chunk: number };

const race = async (database: Database, stored: Stored): Promise<{ readonly value: number; readonly baseline: number; readonly unit: string }> => {
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  const { epoch } = await writer.takeOver(stored.log);
  await appendAll(writer, appendsOf(stored.log, epoch, { contents: stored.contents, perAppend: 500 }));
  // As in a table that has been there for a while; otherwise the first reader writes hint bits.
  await database.query("VACUUM ANALYZE event_log.record");
  const { subjectMs, baselineMs } = await alternate({ subject: () => readAll(database, stored), baseline: () => readBare(database, stored), rounds });
  const perSecond = (milliseconds: number): number => (stored.ticks * 1_000) / milliseconds;
  return { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "ticks/s" };
};

const readAll = async (database: Database, { log, chunk, contents }: Stored): Promise<void> => {
  const reader = createLogReader({ database, listening: false });
  let position = 0;
  for await (const records of recordChunks(reader, { log, after: 0, to: contents.length, chunk })) {
    for (const record of records) position = decodeRecord(record).position;
  }
  if (position !== contents.length) throw new Error(`Read ${String(position)} of ${String(contents.length)} records.`);
};

const readBare = async (database: Database, { log, chunk, contents }: Stored): Promise<void> => {
  let bytes = 0;
  for (let position = 0; position < contents.length; position += chunk) {
    const { rows } = await database.query<{ payload: Buffer }>({
      name: "bare read",
      text: "SELECT payload FROM event_log.record WHERE log = $1 AND position > $2 ORDER BY position LIMIT $3",
      values: [log, position, chunk],
    });
    for (const { payload } of rows) bytes += payload.length;
  }
  const stored = contents.reduce((sum, { payload }) => sum + payload.length, 0);
  if (bytes !== stored) throw new Error(`Read ${String(bytes)} of ${String(stored)} bytes.`);
};
