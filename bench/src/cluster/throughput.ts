import { fileURLToPath } from "node:url";
import { topics } from "@finality/contracts";
import type { Database } from "@finality/database";
import { runNode } from "../child.ts";
import { alone, compared, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { createBareTable, insertBare, readColumns, type BareColumns } from "../spine/bare-table.ts";
import { elapsedMs } from "../timing.ts";
import { look, watch, type Committed } from "./committed.ts";
import { layBacklog } from "./feed.ts";
import { onGround, type Ground } from "./ground.ts";
import { marketOf } from "./market.ts";

const goals = { ofConsuming: { atLeast: 0.5 }, ofInserting: { atLeast: 0.4 }, ofWanted: { atLeast: 1 } } as const;
const wantedTicksPerS = 500_000;
const single = { messages: 500_000, ticksPerMessage: 1 } as const;
const packed = { messages: 30_000, ticksPerMessage: 100 } as const;
const spread = { logs: 4, sequencers: 2, messages: 150_000, ticksPerMessage: 1 } as const;
const everyMs = 5;

/** Ticks a second from a backlog on Kafka to the committed log, between the first and the last commit that is seen. */
export const throughput = async (): Promise<readonly Measurement[]> => {
  const one = await oneTickAMessage();
  return [
    compared("throughput: one tick a message; baseline: kafkajs consumes and parses", { value: one.ticksPerS, baseline: one.consumedPerS, unit: "ticks/s" }, goals.ofConsuming),
    ...(await manyTicksAMessage()),
    alone(`throughput: ${String(spread.logs)} logs on ${String(spread.sequencers)} sequencers, one tick a message`, await severalLogs(), "ticks/s"),
  ];
};

type OneTick = { readonly ticksPerS: number; readonly consumedPerS: number };

let measured: Promise<OneTick> | undefined;

/** Measured once a run: the load is a share of it. */
export const oneTickAMessage = (): Promise<OneTick> => (measured ??= measureOneTick());

const measureOneTick = (): Promise<OneTick> =>
  onGround(async (ground) => {
    progress("one tick a message: laying the backlog");
    await layBacklog(ground, marketOf(), single);
    // Before and behind it: a machine that others use changes its mind.
    const before = await consumedPerS(ground, single.messages);
    const ticksPerS = await committedPerS(ground, single);
    const behind = await consumedPerS(ground, single.messages);
    progress(`one tick a message: ${ticksPerS.toFixed(0)}/s; kafkajs alone ${before.toFixed(0)} and ${behind.toFixed(0)}/s`);
    return { ticksPerS, consumedPerS: (before + behind) / 2 };
  });

const manyTicksAMessage = (): Promise<readonly Measurement[]> =>
  onGround(async (ground) => {
    progress(`${String(packed.ticksPerMessage)} ticks a message: laying the backlog`);
    const market = marketOf();
    await layBacklog(ground, market, packed);
    const unit = "ticks/s";
    const consumed = (await consumedPerS(ground, packed.messages)) * packed.ticksPerMessage;
    const value = (await committedPerS(ground, packed)) * packed.ticksPerMessage;
    const inserted = (packed.messages * packed.ticksPerMessage * 1_000) / (await bareInsertMs(ground.database, market.log));
    const name = `throughput: ${String(packed.ticksPerMessage)} ticks a message`;
    return [
      compared(`${name}; baseline: the goal`, { value, baseline: wantedTicksPerS, unit }, goals.ofWanted),
      compared(`${name}; baseline: bare insert of the same records`, { value, baseline: inserted, unit }, goals.ofInserting),
      compared(`${name}; baseline: kafkajs consumes and parses`, { value, baseline: consumed, unit }),
    ];
  });

/** Messages a second of kafkajs alone, in a process of its own. */
const consumedPerS = async ({ brokers }: Ground, messages: number): Promise<number> => {
  const script = fileURLToPath(new URL("consume-child.ts", import.meta.url));
  const { stdout } = await runNode([script, brokers.join(","), topics.ticks, String(messages)]);
  const read: unknown = JSON.parse(stdout);
  if (typeof read !== "object" || read === null || !("messages" in read) || !("ms" in read)) throw new Error(`The consuming process printed no result: ${stdout}`);
  return (Number(read.messages) / Number(read.ms)) * 1_000;
};

/** Messages a second of one sequencer that finds the backlog of one log; its start is not counted. */
const committedPerS = async (ground: Ground, { messages }: { readonly messages: number }): Promise<number> => {
  const [looks, sequencer] = await Promise.all([
    watch(ground.database, { everyMs, until: (logs) => logs.some(({ ticks }) => ticks >= messages) }),
    ground.start("sequencer"),
  ]);
  await sequencer.end("SIGTERM");
  await requireAllRecorded(ground.database);
  const [first, last] = [looks.flat().find(({ ticks }) => ticks > 0), looks.at(-1)?.[0]];
  if (first === undefined || last === undefined) throw new Error("Invariant: what was waited for was seen.");
  return ((last.ticks - first.ticks) / (last.atMs - first.atMs)) * 1_000;
};

/** A dead letter costs less than a record. */
const requireAllRecorded = async (database: Database): Promise<void> => {
  const { rows } = await database.query<{ readonly reason: string; readonly detail: string }>("SELECT reason, detail FROM event_log.dead_letter LIMIT 1");
  const [row] = rows;
  if (row !== undefined) throw new Error(`The benchmark's messages became dead letters: ${row.reason}, ${row.detail}`);
};

/** The same bytes in the same transactions into a table without anything else. A batch has one recorded time. */
const bareInsertMs = async (database: Database, log: string): Promise<number> => {
  const { rows } = await database.query<{ readonly from: number; readonly to: number }>(
    `SELECT min(position) AS from, max(position) AS to FROM event_log.record
      WHERE log = $1 AND position >= (SELECT min(position) FROM event_log.record WHERE log = $1 AND type = 'TicksRecorded') GROUP BY recorded_us ORDER BY 1`,
    [log],
  );
  const batches: BareColumns[] = [];
  for (const { from, to } of rows) batches.push(await readColumns(database, { log, after: from - 1, to }));
  await createBareTable(database);
  return elapsedMs(async () => {
    for (const columns of batches) await insertBare(database, log, columns);
  });
};

/** Messages a second of all logs together, while every one of them is being written. */
const severalLogs = (): Promise<number> =>
  onGround(async (ground) => {
    progress(`${String(spread.logs)} logs on ${String(spread.sequencers)} sequencers: laying the backlogs`);
    for (let log = 1; log <= spread.logs; log += 1) await layBacklog(ground, marketOf(`B${String(log)}`), spread);
    const isOver = (logs: readonly Committed[]): boolean => logs.length === spread.logs && logs.every(({ ticks }) => ticks >= spread.messages);
    const [looks] = await Promise.all([
      watch(ground.database, { everyMs, until: isOver }),
      ...Array.from({ length: spread.sequencers }, () => ground.start("sequencer")),
    ]);
    await requireAllRecorded(ground.database);
    const logs = (await look(ground.database)).map(({ log }) => log);
    const seen = looks.flat();
    const of = (log: string): readonly Committed[] => seen.filter((each) => each.log === log && each.ticks > 0);
    const fromMs = Math.max(...logs.map((log) => of(log)[0]?.atMs ?? Infinity));
    const toMs = Math.min(...logs.map((log) => of(log).find(({ ticks }) => ticks >= spread.messages)?.atMs ?? -Infinity));
    const ticksAt = (log: string, atMs: number): number => of(log).findLast((each) => each.atMs <= atMs)?.ticks ?? 0;
    const ticks = logs.reduce((sum, log) => sum + ticksAt(log, toMs) - ticksAt(log, fromMs), 0);
    return (ticks / (toMs - fromMs)) * 1_000;
  });
