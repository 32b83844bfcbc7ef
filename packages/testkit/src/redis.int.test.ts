import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { privateRedis } from "./private-redis.ts";
import { lacksRedis, testRedis } from "./test-brokers.ts";

/** What the server answers to one command. */
const say = async (url: string, command: string): Promise<string> => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(`${command}\r\n`);
  const [answer]: unknown[] = await once(socket, "data");
  socket.destroy();
  return String(answer).trim();
};

describe.skipIf(await lacksRedis())("Redis", () => {
  test("is one for all tests of a run, and evicts nothing", async () => {
    const [one, two] = await Promise.all([testRedis(), testRedis()]);
    expect(two).toEqual(one);
    expect(await say(one.url, "CONFIG GET maxmemory-policy")).toContain("noeviction");
  });

  test("a private one comes back with what it had, or emptied, on the same URL", async () => {
    const redis = await privateRedis();
    onTestFinished(redis.dispose);
    await say(redis.url, "SET kept 1");
    await redis.stop();
    expect(redis.pid).toBeUndefined();
    await expect(say(redis.url, "PING")).rejects.toThrow("ECONNREFUSED");
    await redis.start();
    expect(await say(redis.url, "EXISTS kept")).toBe(":1");
    await redis.kill();
    await redis.start({ empty: true });
    expect(await say(redis.url, "EXISTS kept")).toBe(":0");
  });
});
