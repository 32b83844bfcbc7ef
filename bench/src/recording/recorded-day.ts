import type { Append } from "@finality/event-log";
import { startDesk } from "./desk.ts";
import { longDay, taker } from "./long-day.ts";
import { memoryWriter } from "./writers.ts";

/** What the sequencer appended, in order. */
export type RecordedDay = {
  readonly log: string;
  /** The log, the books and their positions; the ticks of the first minutes. */
  readonly opening: readonly Append[];
  /** Ticks, decisions, fills. */
  readonly trading: readonly Append[];
  /** Ticks in `trading`. */
  readonly ticks: number;
  readonly hedges: number;
};

/** Lets the sequencer record at least so many ticks, `messagesPerBatch` messages at a time, without a database. */
export const recordDay = async ({ ticks: wanted, messagesPerBatch }: { readonly ticks: number; readonly messagesPerBatch: number }): Promise<RecordedDay> => {
  const day = longDay();
  const appends: Append[] = [];
  const desk = startDesk({ day, writer: memoryWriter(), onCommitted: (append) => appends.push(append) });
  await desk.open();
  const opening = appends.splice(0);
  const take = taker(day.instants());
  let ticks = 0;
  let hedges = 0;
  while (ticks < wanted) {
    const batch = take(messagesPerBatch);
    ticks += batch.reduce((sum, instant) => sum + instant.ticks.length, 0);
    await desk.give(desk.messagesOf(batch));
    hedges += await desk.answer();
  }
  await desk.close();
  return { log: day.log, opening, trading: appends, ticks, hedges };
};
