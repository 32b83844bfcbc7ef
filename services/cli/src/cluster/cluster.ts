import type { ServiceName } from "@finality/runtime";
import { superviseService, type Supervised, type SupervisedProcess } from "./supervised-service.ts";
import { usualLaunch, type Launch } from "./service-process.ts";

/** How many processes of each service. */
export type Counts = Readonly<Partial<Record<ServiceName, number>>>;

export type ClusterOptions = {
  /** The whole environment of the processes: where PostgreSQL, Kafka and Redis are, and what else is set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly counts: Counts;
  /** Each line that a process writes, and what the supervision has to say of it. */
  readonly onLine?: (process: string, line: string) => void;
  /** Another way to start a process than `node services/<name>/src/main.ts`. */
  readonly launch?: (process: string, service: ServiceName, usual: Launch) => Launch;
};

/** What one process of several is given besides the cluster's environment. */
type AddOptions = { readonly environment?: Readonly<Record<string, string>> };

/** Several processes of each service, each started again when it dies. Names are `sequencer-1`, `sequencer-2` … */
export type Cluster = {
  processes(): readonly SupervisedProcess[];
  /** Resolves when every process that is wanted has said that it is ready; rejects when one cannot be. */
  ready(): Promise<void>;
  /** To the process that runs under this name; a dead one is started again. */
  kill(name: string, signal: NodeJS.Signals): void;
  /** A clean stop and a new start; resolves when it is ready. */
  restart(name: string): Promise<void>;
  /** One process more; resolves with its name when it is ready. */
  add(service: ServiceName, options?: AddOptions): Promise<string>;
  /** One process less, by this signal (default SIGTERM); resolves when it is gone. */
  remove(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM to all; what still runs after 6 s is killed. Names those that had to be. */
  stop(): Promise<readonly string[]>;
  /** Rejects when a process cannot be started at all: its settings are wrong, or it died too often. */
  readonly failed: Promise<never>;
};

export const startCluster = ({ environment, counts, onLine = () => undefined, launch }: ClusterOptions): Cluster => {
  const running = new Map<string, Supervised>();
  const numbers = new Map<ServiceName, number>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);

  const begin = (service: ServiceName, own: Readonly<Record<string, string>> = {}): Supervised => {
    const number = (numbers.get(service) ?? 0) + 1;
    numbers.set(service, number);
    const name = `${service}-${String(number)}`;
    const usual = usualLaunch(service, { ...environment, FINALITY_HEALTH_PORT: "0", ...own });
    const supervised = superviseService({
      name,
      service,
      launch: launch?.(name, service, usual) ?? usual,
      onLine: (line) => { onLine(name, line); },
      onFailed: (error) => { failed.reject(error); },
    });
    running.set(name, supervised);
    return supervised;
  };
  const named = (name: string): Supervised => {
    const supervised = running.get(name);
    if (supervised === undefined) throw new Error(`There is no process ${name}; there are ${[...running.keys()].join(", ")}.`);
    return supervised;
  };
  for (const [service, count] of entriesOf(counts)) for (let each = 0; each < count; each += 1) begin(service, each === 0 ? {} : ownPorts(service));

  return {
    processes: () => [...running.values()].map((each) => each.look()),
    ready: async () => { await Promise.race([failed.promise, Promise.all([...running.values()].map((each) => each.ready()))]); },
    kill: (name, signal) => named(name).signal(signal),
    restart: (name) => Promise.race([failed.promise, named(name).restart()]),
    add: async (service, options) => {
      const added = begin(service, { ...ownPorts(service), ...options?.environment });
      await Promise.race([failed.promise, added.ready()]);
      return added.look().name;
    },
    remove: async (name, signal = "SIGTERM") => {
      const supervised = named(name);
      running.delete(name);
      await supervised.end(signal);
    },
    stop: async () => {
      const all = [...running.values()];
      running.clear();
      const forced = await Promise.all(all.map((each) => each.end("SIGTERM")));
      return all.flatMap((each, index) => (forced[index] === true ? [each.look().name] : []));
    },
    failed: failed.promise,
  };
};

/** Only the first api has the port that was asked for. */
const ownPorts = (service: ServiceName): Readonly<Record<string, string>> => (service === "api" ? { FINALITY_API_PORT: "0" } : {});

/** In the order in which work flows, so that whoever takes something over is there before it comes. */
const order: readonly ServiceName[] = ["api", "notary", "projector", "paper-venue", "executor", "dispatcher", "sequencer"];
const entriesOf = (counts: Counts): readonly (readonly [ServiceName, number])[] => order.map((service) => [service, counts[service] ?? 0] as const);
