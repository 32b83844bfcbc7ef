import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { privateKafka } from "./private-kafka.ts";
import { privateRedis } from "./private-redis.ts";
import { removeFolder, temporaryFolder } from "./temporary-folders.ts";

const startKafka = (nodes: 1 | 3) => async (): Promise<Running> => {
  const { brokers, dispose } = await privateKafka({ nodes });
  return { addresses: brokers, dispose };
};

const kinds = {
  kafka1: startKafka(1),
  kafka3: startKafka(3),
  redis: async (): Promise<Running> => {
    const { url, dispose } = await privateRedis();
    return { addresses: [url], dispose };
  },
};

export type BrokerKind = keyof typeof kinds;

type Running = { readonly addresses: readonly string[]; dispose(): Promise<void> };

const isKind = (name: string): name is BrokerKind => Object.hasOwn(kinds, name);

/** Brokers that start when somebody first asks for them, one of a kind. */
const createBrokers = () => {
  const running = new Map<BrokerKind, Promise<Running>>();
  return {
    addressesOf: async (kind: BrokerKind): Promise<readonly string[]> => {
      const broker = running.get(kind) ?? kinds[kind]();
      running.set(kind, broker);
      return (await broker).addresses;
    },
    dispose: async (): Promise<void> => {
      for (const broker of running.values()) await (await broker.catch(() => undefined))?.dispose();
    },
  };
};

export type BrokerDesk = {
  /** A socket: who connects and writes a kind reads the addresses as JSON. */
  readonly path: string;
  dispose(): Promise<void>;
};

/** The run's brokers live in this process; its workers ask for them here, and start none themselves. */
export const openBrokerDesk = async (): Promise<BrokerDesk> => {
  const folder = await temporaryFolder();
  const path = join(folder, "brokers");
  const brokers = createBrokers();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const answer = async (): Promise<string> => {
      const kind = await text(socket);
      if (!isKind(kind)) throw new Error(`no broker is called ${kind}`);
      return JSON.stringify({ addresses: await brokers.addressesOf(kind) });
    };
    socket.on("error", () => undefined); // the worker is gone
    answer().catch((error: unknown) => JSON.stringify({ failure: String(error) })).then((said) => socket.end(said), () => socket.destroy());
  });
  server.listen(path).unref();
  await once(server, "listening");
  return {
    path,
    dispose: async () => {
      server.close();
      await brokers.dispose();
      await removeFolder(folder);
    },
  };
};

/** What the desk at `path` answers. */
const askDesk = async (path: string, kind: BrokerKind): Promise<readonly string[]> => {
  const socket = connect({ path, allowHalfOpen: true });
  socket.end(kind);
  const said: unknown = JSON.parse(await text(socket));
  if (typeof said === "object" && said !== null && "addresses" in said && Array.isArray(said.addresses)) return said.addresses.map(String);
  throw new Error(`the run's ${kind} did not start: ${JSON.stringify(said)}`);
};

let own: ReturnType<typeof createBrokers> | undefined;

/** Of the run (global-setup.ts); without one (a script, a benchmark) this process starts its own, which end with it. */
export const sharedBroker = (kind: BrokerKind): Promise<readonly string[]> => {
  const desk = process.env["FINALITY_TESTKIT_BROKERS"];
  if (desk !== undefined) return askDesk(desk, kind);
  own ??= createBrokers();
  return own.addressesOf(kind);
};
