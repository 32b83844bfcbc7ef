import { createNotifier } from "@finality/database";
import { createLogReader, createLogWriter } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { startDesk } from "../recording/desk.ts";
import { longDay, taker } from "../recording/long-day.ts";

// A process of its own: node --expose-gc memory-child.ts <ticks> <more ticks> prints one reading at each count, as JSON.

const messagesPerBatch = 100;

/** JavaScript's heap and the buffers outside it, once everything unreachable is gone. */
const usedBytes = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const [early = 0, late = 0] = process.argv.slice(2).map(Number);
if (globalThis.gc === undefined) throw new Error("Run this with --expose-gc: memory is read after a garbage collection.");

const server = await privatePostgres();
try {
  const { database } = server;
  const notifier = createNotifier(database);
  const day = longDay();
  const desk = startDesk({ day, writer: createLogWriter({ database, notifier }), reader: createLogReader({ database, notifier, listening: false }) });
  await desk.open();
  const take = taker(day.instants());
  const counted = { ticks: 0, hedges: 0 };
  const readings: unknown[] = [];
  for (const wanted of [early, late]) {
    while (counted.ticks < wanted) {
      const batch = take(messagesPerBatch);
      for (const { ticks } of batch) counted.ticks += ticks.length;
      await desk.give(desk.messagesOf(batch));
      counted.hedges += await desk.answer();
    }
    readings.push({ ...counted, bytes: await usedBytes() });
  }
  await desk.close();
  process.stdout.write(JSON.stringify(readings));
} finally {
  await server.dispose();
}
