import { once } from "node:events";
import { connect } from "node:net";
import { privateKafka, privatePostgres, privateRedis, type PrivateKafka, type PrivatePostgres, type PrivateRedis } from "@finality/testkit";
import { runCli } from "../run-cli.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** Private servers that may be hurt, and the environment of services that run on them. */
export type Ground = {
  readonly kafka: PrivateKafka;
  /** Reached directly by who judges, through `proxy` by who is judged. */
  readonly postgres: PrivatePostgres;
  readonly proxy: TcpProxy;
  readonly redis: PrivateRedis;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that waits in Redis is gone. */
  flushRedis(): Promise<void>;
  dispose(): Promise<void>;
};

const inherited = (): Record<string, string> => Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** PostgreSQL's own limit is 200; a cluster of these has up to fifteen processes. */
const connectionsOfOne = "8";

export const startGround = async ({ nodes = 1 }: { readonly nodes?: 1 | 3 } = {}): Promise<Ground> => {
  const closes: (() => Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const close of closes.splice(0).reverse()) await close();
  };
  try {
    const postgres = await privatePostgres();
    closes.push(() => postgres.dispose());
    const direct = new URL(postgres.url);
    const proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    closes.push(() => proxy.close());
    const redis = await privateRedis();
    closes.push(() => redis.dispose());
    const kafka = await privateKafka({ nodes });
    closes.push(() => kafka.dispose());
    const through = new URL(postgres.url);
    through.port = String(proxy.port);
    const environment: Record<string, string> = {
      ...inherited(),
      DATABASE_URL: through.href,
      KAFKA_BROKERS: kafka.brokers.join(","),
      REDIS_URL: redis.url,
      FINALITY_LOG_LEVEL: "info",
      FINALITY_DATABASE_CONNECTIONS: connectionsOfOne,
      FINALITY_STOP_WITHIN_MS: "5000",
      FINALITY_API_PORT: "0",
    };
    const flushRedis = async (): Promise<void> => {
      const socket = connect(Number(new URL(redis.url).port), "127.0.0.1");
      socket.write("FLUSHALL\r\n");
      await once(socket, "data");
      socket.destroy();
    };
    const topics = await runCli(postgres.folder, ["topics", "apply"], environment);
    if (topics.code !== 0) throw new Error(`\`finality topics apply\` ended with ${String(topics.code)}:\n${topics.stderr}`);
    return { kafka, postgres, proxy, redis, environment, flushRedis, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};
