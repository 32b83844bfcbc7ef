import { openBus, type Bus } from "@finality/bus";
import { createNotifier, type Notifier } from "@finality/database";
import { createCatalogue, createLogReader, type Catalogue, type LogReader } from "@finality/event-log";
import { busConnection, queueConnection } from "@finality/runtime";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import type { Config } from "../config.ts";
import { openData, type OpenData } from "./open-data.ts";

/** What stands under a house that runs in other processes: a cluster's (DATABASE_URL, KAFKA_BROKERS, REDIS_URL) or a data folder's. */
export type Parts = OpenData & { readonly bus: Bus; readonly queue: WorkQueue; readonly catalogue: Catalogue; readonly reader: LogReader; readonly notifier: Notifier };

export const openParts = async (config: Config, { data: named }: { readonly data?: string }): Promise<Parts> => {
  const data = await openData(config, named);
  const { database } = data;
  const closes: (() => Promise<void>)[] = [() => data.close()];
  const close = async (): Promise<void> => {
    for (const each of closes.splice(0).reverse()) await each();
  };
  try {
    const notifier = createNotifier(database);
    const bus = openOwnBus(config, data);
    closes.push(() => bus.close());
    const queue = await openWorkQueue({ url: database.url, ...(data.isCluster ? queueConnection(config.cluster) : { kind: "postgres" }) }, { onError: () => undefined });
    closes.push(() => queue.close());
    return { ...data, bus, queue, catalogue: createCatalogue(database), reader: createLogReader({ database, notifier }), notifier, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** The bus alone, for commands that publish and need nothing else. */
export const openOwnBus = (config: Config, { database, isCluster }: OpenData): Bus =>
  openBus({ ...(isCluster ? busConnection(config.cluster) : { kind: "postgres" }), database, notifier: createNotifier(database) });
