import { createNotifier, type Database } from "@finality/database";
import { createLogWriter, type Append, type LogWriter } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { compared, type Measurement } from "../measurement.ts";
import { recordDay, type RecordedDay } from "../recording/recorded-day.ts";
import { alternate } from "../timing.ts";
import { createBareTable, insertBare, readColumns, type BareColumns } from "./bare-table.ts";

const atLeast = 0.5;
const rounds = 9;
/** As many messages as the sequencer takes at once from a bus that is ahead of it; and one, as in lock-step or a quiet market. */
const full = { ticks: 60_000, messagesPerBatch: 500 } as const;
const single = { ticks: 4_000, messagesPerBatch: 1 } as const;

/** Ticks a second that the event store takes, with head, offsets, hashes and tree, as a share of what a bare table takes of the same bytes. */
export const append = async (): Promise<readonly Measurement[]> => {
  const [batches, messages] = [await recordDay(full), await recordDay(single)];
  const server = await privatePostgres();
  try {
    await createBareTable(server.database);
    const { database } = server;
    return [
      compared(`append: batches of ${String(full.messagesPerBatch)} messages; baseline: bare insert`, await share(database, "batches", batches), { atLeast }),
      compared("append: batches of one message; baseline: bare insert", await share(database, "messages", messages), { atLeast }),
    ];
  } finally {
    await server.dispose();
  }
};

const share = async (database: Database, name: string, recorded: RecordedDay): Promise<{ readonly value: number; readonly baseline: number; readonly unit: string }> => {
  const notifier = createNotifier(database);
  const logOf = (round: number): string => `${name}-${String(round)}`;
  const writer = createLogWriter({ database, notifier });
  const openings: (readonly Append[])[] = [];
  for (let round = 0; round <= rounds; round++) {
    const { epoch } = await writer.takeOver(logOf(round));
    const renamed = (each: Append): Append => ({ ...each, log: logOf(round), epoch });
    await appendAll(writer, recorded.opening.map(renamed));
    openings.push(recorded.trading.map(renamed));
  }
  let stored: readonly BareColumns[] = [];
  const bare = async (round: number): Promise<void> => {
    for (const columns of stored) await insertBare(database, logOf(round), columns);
  };
  const subject = (round: number): Promise<void> => appendAll(writer, openings[round] ?? []);
  // The warm-up leaves the bytes that the baseline inserts.
  await subject(0);
  stored = await storedOf(database, openings[0] ?? []);
  const { subjectMs, baselineMs } = await alternate({
    subject: (round) => (round === 0 ? undefined : subject(round)),
    baseline: bare,
    rounds,
  });
  const perSecond = (milliseconds: number): number => (recorded.ticks / milliseconds) * 1_000;
  return { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "ticks/s" };
};

const appendAll = async (writer: LogWriter, appends: readonly Append[]): Promise<void> => {
  for (const each of appends) await writer.append(each);
};

const storedOf = async (database: Database, appends: readonly Append[]): Promise<readonly BareColumns[]> => {
  const stored: BareColumns[] = [];
  for (const { log, expectedPosition, records } of appends) {
    stored.push(await readColumns(database, { log, after: expectedPosition, to: expectedPosition + records.length }));
  }
  return stored;
};
