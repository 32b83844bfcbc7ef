import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { ask, freePorts, spawnGuarded, type GuardedProcess } from "@finality/kafka-broker";
import { eventually } from "./eventually.ts";
import { removeFolder, temporaryFolder } from "./temporary-folders.ts";

export type PrivateRedis = {
  /** Stays the same over a restart. */
  readonly url: string;
  readonly pid: number | undefined;
  /** Writes everything to its file and ends. */
  stop(): Promise<void>;
  /** Sends a signal; waits until it is gone if that is one that ends it (all but SIGSTOP and SIGCONT). */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** After `stop` or `kill`, on the same port, with what it had (after a kill perhaps without its last two seconds), or emptied. */
  start(options?: { readonly empty?: boolean }): Promise<void>;
  /** Kills it and removes its folder. */
  dispose(): Promise<void>;
};

const settings = (port: number, folder: string): readonly string[] =>
  Object.entries({
    bind: "127.0.0.1",
    port: String(port),
    dir: folder,
    appendonly: "yes",
    save: "",
    "maxmemory-policy": "noeviction",
  }).flatMap(([name, value]) => [`--${name}`, value]);

/** Whether it has read its file: before, it answers with an error. */
const answers = async (port: number): Promise<boolean> => (await ask(port, Buffer.from("PING\r\n")))?.toString().startsWith("+PONG") === true;

/** A Redis for one test that hurts it: keeps everything, evicts nothing. Rejects when there is no `redis-server` on the path. */
export const privateRedis = async (): Promise<PrivateRedis> => {
  const folder = await temporaryFolder();
  const data = join(folder, "data");
  const [port = 0] = await freePorts(1);
  let running: GuardedProcess | undefined;

  const start = async ({ empty = false }: { readonly empty?: boolean } = {}): Promise<void> => {
    if (running !== undefined) return;
    if (empty) await rm(data, { recursive: true });
    await mkdir(data, { recursive: true });
    const output = await open(join(folder, "redis.log"), "a");
    const mine = await spawnGuarded("redis-server", settings(port, data), { output: output.fd }).finally(() => output.close());
    running = mine;
    void mine.ended.then(() => { running = undefined; });
    await eventually(() => answers(port));
  };
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    if (signal === "SIGSTOP" || signal === "SIGCONT") running?.signal(signal);
    else await running?.end(signal);
  };
  const dispose = async (): Promise<void> => {
    await kill();
    await removeFolder(folder);
  };
  await start().catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return { url: `redis://127.0.0.1:${String(port)}`, get pid() { return running?.pid; }, stop: () => kill("SIGTERM"), kill, start, dispose };
};
