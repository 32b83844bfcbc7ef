import { randomUUID } from "node:crypto";
import { encodeMessage, topicNames, topics, type Message } from "@finality/contracts";
import { halt, resume } from "@finality/execution";
import { setTimeout as sleep } from "node:timers/promises";
import { insist, openLogs, type Arena, type OpenLog } from "./arena.ts";
import type { Fault } from "./schedule.ts";

type Duplicates = Extract<Fault, { readonly kind: "duplicates" }>;
type Halt = Extract<Fault, { readonly kind: "halt" }>;

const logFor = async (arena: Arena, pick: number): Promise<OpenLog | undefined> => {
  const logs = await insist(() => openLogs(arena));
  return logs[pick % Math.max(1, logs.length)];
};

/**
 * The newest messages once more, as a producer does whose answer was lost. Of recorded data only executions: its other messages carry
 * the conductor's own place, by which it finds where to go on.
 */
export const publishAgain = async (arena: Arena, { pick, messages: most }: Duplicates): Promise<string> => {
  const log = await logFor(arena, pick);
  if (log === undefined) return "skipped: no log is open yet";
  let repeated = 0;
  for (const topic of log.clock === "live" ? topicNames : [topics.executions]) {
    repeated += await insist(async () => {
      const end = await arena.bus.endOffset(topic, log.partition);
      if (end === 0) return 0;
      const offset = Math.max(0, end - most);
      const newest = await arena.bus.read({ topic, partition: log.partition, offset }, most);
      await arena.bus.produce(newest.map(({ key, value, headers }) => ({ topic, partition: log.partition, key, value, headers })));
      return newest.length;
    });
  }
  return `${String(repeated)} messages of ${log.log} again`;
};

/** Halts a whole log as `finality books halt` does, notes when that was acknowledged, and resumes it. */
export const haltForAWhile = async (arena: Arena, { pick, forMs }: Halt): Promise<string> => {
  const log = await logFor(arena, pick);
  if (log === undefined) return "skipped: no log is open yet";
  const { database } = arena.ground.postgres;
  const haltId = `chaos-${randomUUID()}`;
  const scope = { log: log.log, actor: "chaos" };
  await insist(() => halt(database, { haltId, ...scope }));
  arena.halts.push({ haltId, at: await insist(() => clockOf(arena)) });
  await say(arena, log, { type: "halt", version: 1, log: log.log, body: { haltId } });
  await sleep(forMs);
  const resumeId = `${haltId}-end`;
  await insist(() => resume(database, { haltId: resumeId, ...scope }));
  await say(arena, log, { type: "resume", version: 1, log: log.log, body: { haltId: resumeId } });
  return `${log.log} for ${String(forMs)} ms`;
};

const clockOf = async ({ ground }: Arena): Promise<Date> => {
  const { rows } = await ground.postgres.database.query<{ readonly now_ms: number }>("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms");
  return new Date(Math.ceil(rows[0]?.now_ms ?? Number.NaN));
};

const say = (arena: Arena, { log, partition }: OpenLog, message: Message): Promise<unknown> =>
  insist(() => arena.bus.produce([{ topic: topics.control, partition, key: log, value: encodeMessage(message), headers: { ce_type: message.type, ce_source: "chaos" } }]));
