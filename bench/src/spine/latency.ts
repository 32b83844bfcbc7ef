import { setImmediate as turn } from "node:timers/promises";
import { createNotifier, type Database } from "@finality/database";
import { createLogReader, createLogWriter, type Append } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { compared, median, percentile, type Measurement } from "../measurement.ts";
import { startDesk } from "../recording/desk.ts";
import { longDay, taker, type Body } from "../recording/long-day.ts";
import { elapsedMs } from "../timing.ts";

const atMost = 2;
const samples = 1_000;
const warmUp = 200;
/** Before that, so that the code runs as it does in a process that has been up for a while. */
const hot = { batches: 200, messagesPerBatch: 50 } as const;
const payloadBytes = 500;
/** Before each sample, so that the notification of the commit before it is out of the way. */
const quietMs = 2;

/** A band that almost every tick message leaves, so that almost every message makes a command. */
const nervous: Body = {
  type: "set_policy",
  body: { book: "scalper", policy: { type: "delta_band", deltaTarget: 0, hedgeRatio: 1, cooldownMs: 0, validityMs: 5_000, thresholdUp: 5, thresholdDown: -5 } },
};

/** From a tick message handed to the sequencer until the command that it causes is committed, beside one bare durable commit. */
export const latency = async (): Promise<readonly Measurement[]> => {
  const server = await privatePostgres();
  try {
    const { database } = server;
    await database.query("CREATE TABLE public.bare (id bigint PRIMARY KEY, payload bytea NOT NULL)");
    const { commands, commits } = await race(database);
    return [
      compared("latency: message to committed command, p50; baseline: bare commit", { value: median(commands), baseline: median(commits), unit: "ms" }, { atMost }),
      compared("latency: the same, p99", { value: percentile(commands, 0.99), baseline: percentile(commits, 0.99), unit: "ms" }),
    ];
  } finally {
    await server.dispose();
  }
};

type Samples = { readonly commands: readonly number[]; readonly commits: readonly number[] };

const race = async (database: Database): Promise<Samples> => {
  const notifier = createNotifier(database);
  const day = longDay();
  let committedAt = 0;
  let decided = false;
  const onCommitted = ({ records }: Append): void => {
    committedAt = performance.now();
    decided = records.some(({ content }) => content.type === "HedgeDecided");
  };
  const desk = startDesk({ day, writer: createLogWriter({ database, notifier }), reader: createLogReader({ database, notifier, listening: false }), onCommitted });
  const commands: number[] = [];
  const commits: number[] = [];
  const bytes = Buffer.alloc(payloadBytes, 1);
  try {
    await desk.open([nervous]);
    const take = taker(day.instants());
    for (let batch = 0; batch < hot.batches; batch++) {
      await desk.give(desk.messagesOf(take(hot.messagesPerBatch)));
      await desk.answer();
    }
    for (let row = 0; commands.length < warmUp + samples; row++) {
      if (row > (warmUp + samples) * 10) throw new Error(`Only ${String(commands.length)} of ${String(row)} tick messages made a hedge.`);
      const messages = desk.messagesOf(take(1));
      await turnFor(quietMs);
      const handedAt = performance.now();
      await desk.give(messages);
      if (decided) {
        commands.push(committedAt - handedAt);
        await turnFor(quietMs);
        commits.push(await elapsedMs(() => database.query({ name: "bare commit", text: "INSERT INTO public.bare VALUES ($1, $2)", values: [row, bytes] })));
      }
      await desk.answer();
    }
  } finally {
    await desk.close();
  }
  return { commands: commands.slice(warmUp), commits: commits.slice(warmUp) };
};

/** Turns the event loop without sleeping: a processor that wakes up from sleep is slow, and ticks keep it awake. */
const turnFor = async (milliseconds: number): Promise<void> => {
  for (const until = performance.now() + milliseconds; performance.now() < until; ) await turn();
};
