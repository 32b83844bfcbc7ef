import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chosen, insist, type Arena } from "./arena.ts";
import { haltForAWhile, publishAgain } from "./message-faults.ts";
import { addPartitions } from "./partitions.ts";
import { frozenMs, type Fault } from "./schedule.ts";

/** Does one thing to the house and undoes what must be undone. Resolves with what was done in words, "skipped: …" where it cannot be. */
export const throwFault = async (arena: Arena, fault: Fault): Promise<string> => {
  const { ground, cluster } = arena;
  switch (fault.kind) {
    case "kill": {
      const { name } = chosen(arena, fault.victim, fault.pick);
      cluster.kill(name, "SIGKILL");
      return name;
    }
    case "freeze":
      return freeze(arena, chosen(arena, fault.victim, fault.pick).name);
    case "restart": {
      const { name } = chosen(arena, fault.victim, fault.pick);
      await cluster.restart(name);
      return name;
    }
    case "broker": {
      const node = ground.kafka.node(1 + (fault.pick % ground.kafka.brokers.length));
      await node.kill();
      await sleep(fault.downMs);
      await node.start();
      return `node ${String(node.id)}, away for ${String(fault.downMs)} ms`;
    }
    case "postgres_restart":
      await ground.postgres.restart(fault.mode);
      return fault.mode;
    case "postgres_cut":
      return `${String(ground.proxy.cut())} connections`;
    case "postgres_slow":
      ground.proxy.delay(fault.delayMs);
      await sleep(fault.forMs);
      ground.proxy.delay(0);
      return `each answer ${String(fault.delayMs)} ms late for ${String(fault.forMs)} ms`;
    case "redis_flush":
      await ground.flushRedis();
      return "FLUSHALL";
    case "redis_restart":
      await (fault.withData ? ground.redis.stop() : ground.redis.kill());
      await ground.redis.start({ empty: !fault.withData });
      return fault.withData ? "with its data" : "killed and emptied";
    case "duplicates":
      return publishAgain(arena, fault);
    case "rebalance":
      return comeAndGo(arena, {}, fault.killed ? "SIGKILL" : "SIGTERM");
    case "partitions":
      return addPartitions(arena);
    case "clock_back":
      return setClockBack(arena, fault.byMs);
    case "old_release":
      return comeAndGo(arena, { FINALITY_BUILD: "finality 0.0.9" }, "SIGTERM");
    case "halt":
      return haltForAWhile(arena, fault);
  }
};

const freeze = async (arena: Arena, name: string): Promise<string> => {
  arena.cluster.kill(name, "SIGSTOP");
  await sleep(frozenMs);
  arena.cluster.kill(name, "SIGCONT");
  return `${name} for ${String(frozenMs)} ms`;
};

const stayMs = 3_000;

/** One sequencer more for a while: logs move to it and away again. */
const comeAndGo = async ({ cluster }: Arena, environment: Readonly<Record<string, string>>, signal: NodeJS.Signals): Promise<string> => {
  const name = await cluster.add("sequencer", { environment });
  await sleep(stayMs);
  await cluster.remove(name, signal);
  return `${name} came, and went by ${signal}`;
};

/** Debian's libfaketime, by machine. */
const fakeTime = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"].find((path) => existsSync(path));
/** Whether this machine can set the clock of one process back. */
export const canSetClockBack = fakeTime !== undefined;

const setClockBack = async (arena: Arena, byMs: number): Promise<string> => {
  if (fakeTime === undefined) return "skipped: Debian's package faketime is not installed";
  const file = join(arena.folder, `clock-${String(byMs)}`);
  const shift = (seconds: string): void => { writeFileSync(file, `${seconds}\n`); };
  shift("+0");
  const environment = { LD_PRELOAD: fakeTime, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", DONT_FAKE_MONOTONIC: "1" };
  const name = await arena.cluster.add("sequencer", { environment });
  await sleep(stayMs);
  shift(`-${String(byMs / 1_000)}`);
  await sleep(stayMs);
  await insist(() => arena.cluster.remove(name));
  return `${name}'s by ${String(byMs)} ms while it ran`;
};
