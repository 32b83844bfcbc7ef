import type { RecordContent } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { createLogWriter, type Append } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { compared, type Measurement } from "../measurement.ts";
import { alternate } from "../timing.ts";
import { appendAll, appendsOf } from "./appends.ts";
import { tickBlocks, ticksPerBlock } from "./tick-blocks.ts";

const atLeast = 0.5;
const rounds = 7;
/** One block a transaction; and what a writer that is behind its bus takes at once. */
const cases = [
  { blocks: 100, perAppend: 1 },
  { blocks: 400, perAppend: 50 },
] as const;

/** Ticks a second that the event store takes from memory, beside a table of position and payload that takes the same blocks in as many transactions. */
export const appendTicks = async (): Promise<readonly Measurement[]> => {
  const server = await privatePostgres();
  try {
    const { database } = server;
    await database.query("CREATE TABLE public.bare_block (log text, position bigint, payload bytea NOT NULL, PRIMARY KEY (log, position))");
    const rows: Measurement[] = [];
    for (const { blocks, perAppend } of cases) {
      const name = `append ticks: ${String(perAppend)} × ${String(ticksPerBlock)} a transaction; baseline: bare insert`;
      rows.push(compared(name, await race(database, `blocks-of-${String(perAppend)}`, { contents: tickBlocks(blocks), perAppend }), { atLeast }));
    }
    return rows;
  } finally {
    await server.dispose();
  }
};

type Load = { readonly contents: readonly RecordContent[]; readonly perAppend: number };

const race = async (database: Database, name: string, load: Load): Promise<{ readonly value: number; readonly baseline: number; readonly unit: string }> => {
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  const logOf = (round: number): string => `${name}-${String(round)}`;
  const prepared: (readonly Append[])[] = [];
  for (let round = 0; round <= rounds; round++) prepared.push(appendsOf(logOf(round), (await writer.takeOver(logOf(round))).epoch, load));
  const { subjectMs, baselineMs } = await alternate({
    subject: (round) => appendAll(writer, prepared[round] ?? []),
    baseline: (round) => insertAll(database, logOf(round), load),
    rounds,
  });
  const perSecond = (milliseconds: number): number => (load.contents.length * ticksPerBlock * 1_000) / milliseconds;
  return { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "ticks/s" };
};

/** Payloads as values of their own, which travel as they are; an array of them would travel as text. */
const insertAll = async (database: Database, log: string, { contents, perAppend }: Load): Promise<void> => {
  const places = Array.from({ length: perAppend }, (_, row) => `($1, $${String(2 * row + 2)}, $${String(2 * row + 3)})`);
  const text = `INSERT INTO public.bare_block (log, position, payload) VALUES ${places.join(", ")}`;
  for (let from = 0; from < contents.length; from += perAppend) {
    const rows = contents.slice(from, from + perAppend).flatMap(({ payload }, row) => [from + row + 1, payload]);
    await database.query({ name: `bare blocks ${String(perAppend)}`, text, values: [log, ...rows] });
  }
};
