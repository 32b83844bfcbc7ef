import { setTimeout as pause } from "node:timers/promises";
import { commandIdOf, decodeRecord, encodeMessage, topics, type LogRecord } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { createLogReader } from "@finality/event-log";
import { claim, settle } from "@finality/execution";
import { QueueEvents } from "bullmq";
import { alone, compared, median, percentile, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { wallMs, wallUs, watch } from "./committed.ts";
import { openFloors } from "./floors.ts";
import { onGround, type Ground } from "./ground.ts";
import { marketOf, type Market } from "./market.ts";

const goals = { p50: { atMost: 2 }, p99: { atMost: 5 } } as const;
/** Fewer when the time is over: a house that polls takes long for each. */
const samples = { most: 1_000, fewest: 50, withinMs: 60_000 } as const;
const warmUp = 100;
/** About the ticks of one instant of the shipped day. */
const ticksPerMessage = 19;
/** Before that, so that the processes run as ones that have been up for a while. */
const hotMessages = 20_000;
const book = "scalper";
const account = "paper-scalper";
/** A message without a command by then is looked up in the log: not every one makes a hedge. Milliseconds. */
const lookAfterMs = 50;

/** A tick message on its way: sent to Kafka by this process, through the processes of a sequencer and a dispatcher, until Redis tells whoever listens that the job was added. */
export const latency = (): Promise<readonly Measurement[]> =>
  onGround(async (ground) => {
    const { commands, floors, parts } = await race(ground);
    const rows = [
      compared("latency: tick to queued command, p50; baseline: sum of the bare steps", { value: median(commands), baseline: median(floors), unit: "ms" }, goals.p50),
      compared("latency: the same, p99", { value: percentile(commands, 0.99), baseline: percentile(floors, 0.99), unit: "ms" }, goals.p99),
    ];
    return [...rows, ...Object.entries(parts).map(([name, values]) => alone(`latency: bare ${name}, p50`, median(values), "ms"))];
  });

type Race = { readonly commands: readonly number[]; readonly floors: readonly number[]; readonly parts: Readonly<Record<"produce + consume" | "commit" | "queue add", readonly number[]>> };

const race = async (ground: Ground): Promise<Race> => {
  const desk = await openDesk(ground);
  const floors = await openFloors(ground);
  const commands: number[] = [];
  const parts = { "produce + consume": [] as number[], commit: [] as number[], "queue add": [] as number[] };
  try {
    const deadlineMs = performance.now() + samples.withinMs;
    for (let tried = 0; commands.length < warmUp + samples.most && performance.now() < deadlineMs; tried += 1) {
      const message = desk.next();
      const tookMs = await desk.sendTick(message);
      if (tookMs === undefined) continue;
      commands.push(tookMs);
      parts["produce + consume"].push(await floors.produceAndConsume(message));
      parts.commit.push(await floors.commit());
      parts["queue add"].push(await floors.add());
      await desk.answer();
    }
  } finally {
    await floors.close();
    await desk.close();
  }
  progress(`${String(commands.length)} commands`);
  if (commands.length < warmUp + samples.fewest) throw new Error(`Only ${String(commands.length)} tick messages made a hedge within ${String(samples.withinMs)} ms.`);
  const sums = commands.map((_unused, index) => Object.values(parts).reduce((sum, values) => sum + (values[index] ?? 0), 0));
  const counted = <Value>(values: readonly Value[]): readonly Value[] => values.slice(warmUp);
  return {
    commands: counted(commands),
    floors: counted(sums),
    parts: { "produce + consume": counted(parts["produce + consume"]), commit: counted(parts.commit), "queue add": counted(parts["queue add"]) },
  };
};

/** A log whose book hedges at almost every message; its venue is this process, which fills each order at the expected price. */
type Desk = {
  next(): Buffer;
  /** Milliseconds until the message's command was queued; undefined when it made none. */
  sendTick(message: Buffer): Promise<number | undefined>;
  /** Fills the last command, and waits until the log has recorded that. */
  answer(): Promise<void>;
  close(): Promise<void>;
};

const openDesk = async (ground: Ground): Promise<Desk> => {
  const { database, redisUrl } = ground;
  const market = marketOf();
  const { log } = market;
  const partition = await ground.partitionOf(log);
  const queued = await openQueued(redisUrl);
  await ground.start("dispatcher");
  await ground.produce(topics.control, partition, [...market.opening(wallUs()), ...policiesOf(market)]);
  await ground.produce(topics.ticks, partition, Array.from({ length: hotMessages }, () => market.next(1, wallUs())));
  await ground.start("sequencer");
  const until = (field: "ticks" | "executions", count: number): Promise<unknown> => watch(database, { everyMs: 1, until: (logs) => logs.some((each) => each[field] >= count) });

  let [ticks, executions, decided] = [hotMessages, 0, 0];
  await until("ticks", hotMessages);
  progress("the processes are warm");
  /** Until nothing is decided any more: a fill may cause the next hedge. */
  const answer = async (): Promise<void> => {
    for (;;) {
      const decisions = await decisionsBehind(database, log, decided);
      if (decisions.length === 0) return;
      for (const decision of decisions) {
        decided = decision.position;
        const values = await answersTo(database, decision);
        executions += values.length;
        await ground.produce(topics.executions, partition, values);
      }
      await until("executions", executions);
    }
  };
  await answer();
  return {
    next: () => market.next(ticksPerMessage, wallUs()),
    sendTick: async (value) => {
      ticks += 1;
      const job = queued.next(decided);
      const sentMs = wallMs();
      await ground.producer.send({ topic: topics.ticks, messages: [{ value, partition }], acks: -1 });
      const early = await Promise.race([job, pause(lookAfterMs)]);
      if (early !== undefined) return early - sentMs;
      await until("ticks", ticks);
      return (await decisionsBehind(database, log, decided)).length === 0 ? undefined : (await job) - sentMs;
    },
    answer,
    close: () => queued.close(),
  };
};

/** A band that almost every tick message leaves, for one book; the others look on. */
const policiesOf = ({ log, books }: Market): readonly Uint8Array[] =>
  books.map((each) => {
    const nervous = { type: "delta_band", deltaTarget: 0, hedgeRatio: 1, cooldownMs: 0, validityMs: 60_000, thresholdUp: 1, thresholdDown: -1 } as const;
    return encodeMessage({ type: "set_policy", version: 1, log, body: { book: each, policy: each === book ? nervous : { type: "none" } } });
  });

type Decision = Extract<LogRecord, { readonly type: "HedgeDecided" }>;

const decisionsBehind = async (database: Database, log: string, position: number): Promise<readonly Decision[]> => {
  const { rows } = await database.query<{ readonly position: number }>("SELECT position FROM event_log.record WHERE log = $1 AND position > $2 AND type = 'HedgeDecided' ORDER BY position", [log, position]);
  const reader = createLogReader({ database, notifier: createNotifier(database), listening: false });
  const records = await Promise.all(rows.map((row) => reader.read(log, row.position - 1, 1)));
  return records.flat().map((stored) => decodeRecord(stored)).filter((record) => record.type === "HedgeDecided");
};

/** Claims and settles the command as an executor does, so that the dispatcher's sweep finds nothing to queue again; what the venue then says. */
const answersTo = async (database: Database, decision: Decision): Promise<readonly Uint8Array[]> => {
  const { log, body: { account, instrument, side, quantity, expectedPrice: price } } = decision;
  const commandId = commandIdOf(decision);
  await claimRecorded(database, commandId);
  await database.transaction((client) => settle(client, commandId, { state: "accepted" }));
  const common = { account, commandId, venueTimeUs: wallUs(), cumulativeQuantity: quantity };
  return [
    encodeMessage({ type: "fill", version: 1, log, body: { ...common, fillId: `${commandId}-f1`, sequence: 1, instrument, side, quantity, price, fee: "1", liquidity: "taker" } }),
    encodeMessage({ type: "order_report", version: 1, log, body: { ...common, reportId: `${commandId}-r2`, sequence: 2, state: "filled" } }),
  ];
};

/** The dispatcher may be about to write the command down. */
const claimRecorded = async (database: Database, commandId: string): Promise<void> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { kind } = await claim(database, { commandId, executor: "bench", sendWithinMs: 60_000 });
    if (kind !== "not_recorded") return;
    await pause(5);
  }
  throw new Error(`The dispatcher did not write the command ${commandId} down.`);
};

/** When a job of a decision behind that position is added to the account's queue, by BullMQ's own event stream. */
const openQueued = async (redisUrl: string): Promise<{ next(behind: number): Promise<number>; close(): Promise<void> }> => {
  const events = new QueueEvents(`exec-${account}`, { connection: { url: redisUrl }, prefix: "finality" });
  await events.waitUntilReady();
  let waiting = { behind: Infinity, added: Promise.withResolvers<number>() };
  // A command's id ends in its place in the log.
  events.on("added", ({ jobId }) => {
    if (Number(jobId.slice(jobId.lastIndexOf("-") + 1)) > waiting.behind) waiting.added.resolve(wallMs());
  });
  return {
    next: (behind) => {
      waiting = { behind, added: Promise.withResolvers() };
      return waiting.added.promise;
    },
    close: () => events.close(),
  };
};
