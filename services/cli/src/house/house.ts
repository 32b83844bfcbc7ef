import { randomUUID } from "node:crypto";
import { startApi, type Api } from "@finality/api";
import { createPostgresBus, type Bus } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { startDispatcher } from "@finality/dispatcher";
import { createCatalogue, createLogReader, createLogWriter, type Catalogue, type LogReader } from "@finality/event-log";
import { startExecutor } from "@finality/executor";
import { createCheckpointFolder, createSnapshotStore } from "@finality/history";
import { parseWitness, startNotary, type Witness } from "@finality/notary";
import { startPaperVenue } from "@finality/paper-venue";
import { startProjector } from "@finality/projector";
import { startSequencer } from "@finality/sequencer";
import { createFaults, createLogger, pause, startHealthServer, type Logger } from "@finality/service-kit";
import { followRotations } from "@finality/transparency";
import { createPaperVenueClient } from "@finality/venues";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import type { Config } from "../config.ts";
import type { DataFolder } from "./data-folder.ts";
import { checkpointsOf, embeddedDeployment, knownKeysOf, signingKeyOf } from "./signing-key.ts";

/** Every service in one process, on one embedded PostgreSQL. Each part is the one that the cluster runs; only the adapters differ. */
export type House = {
  readonly data: DataFolder;
  readonly api: Api;
  /** `http://127.0.0.1:<port>` */
  readonly healthUrl: string;
  readonly bus: Bus;
  readonly queue: WorkQueue;
  readonly catalogue: Catalogue;
  readonly reader: LogReader;
  /** Resolves when read models and checkpoints have reached the log's head of now. */
  projected(log: string, signal: AbortSignal): Promise<void>;
  /** Waits for the work; rejects as soon as a service gives up for good. */
  whileRunning<Result>(work: Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
};

export type HouseOptions = { readonly data: DataFolder; readonly config: Config; readonly port: number };

const partitions = 64;
const attestedEveryMs = 20;
/** A killed worker's job moves on after at most twice this. */
const jobLockMs = 2_500;
/** The folder is this process's own: nobody but a killed house before it can hold a lease, and that is not waited for longer than must be. */
const leaseMs = 2_000;
const build = "finality 0.1.0";

const witnessesOf = ({ environment }: Config): readonly Witness[] => (environment["FINALITY_WITNESSES"] ?? "").split(/[\s,]+/).filter((word) => word !== "").map(parseWitness);

export const startHouse = async ({ data, config, port }: HouseOptions): Promise<House> => {
  const { database } = data;
  const loggerOf = (service: string): Logger => createLogger({ service, level: config.logLevel });
  const faults = createFaults(config.crashAt);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const notifier = createNotifier(database);
    const queue = await openWorkQueue({ kind: "postgres", url: database.url }, { lockMs: jobLockMs, onError: (error) => { loggerOf("work-queue").warn({ err: error }, error.message); } });
    stops.push(() => queue.close());
    const bus = createPostgresBus(database, { notifier });
    stops.push(() => bus.close());
    await bus.ensureTopics(topicNames, partitions);
    const catalogue = createCatalogue(database);
    const reader = createLogReader({ database, notifier, listening: false });
    const writer = createLogWriter({ database, notifier });
    const shared = { database, notifier, reader, bus, queue, catalogue, faults, leaseMs };

    const snapshots = createSnapshotStore(database);
    const api = await startApi({ database, port });
    const health = await startHealthServer({ port: port === 0 ? 0 : port + 1, notStarted: () => undefined, notReady: () => api.notReady() });
    stops.push(() => health.close(), () => api.stop());
    const projector = await startProjector({ ...shared, snapshots });
    stops.push(() => projector.stop());
    const venue = startPaperVenue({ ...shared, logger: loggerOf("paper-venue") });
    stops.push(() => venue.stop());
    const executor = startExecutor({ ...shared, executor: `embedded-${randomUUID()}`, venue: createPaperVenueClient(database), timings: { leaseMs }, logger: loggerOf("executor") });
    stops.push(() => executor.stop());
    const dispatcher = startDispatcher({ ...shared, logger: loggerOf("dispatcher") });
    stops.push(() => dispatcher.stop());
    const key = signingKeyOf(data.folder);
    const eras = knownKeysOf(data.folder)?.eras ?? followRotations(key, []);
    const checkpoints = createCheckpointFolder(checkpointsOf(data.folder));
    const notary = startNotary({ database, reader, notifier, leaseMs, build, instance: `embedded-${randomUUID()}`, signing: { key, deployment: embeddedDeployment, eras, checkpoints }, witnesses: witnessesOf(config), logger: loggerOf("notary") });
    stops.push(() => notary.stop());
    const attested = (log: string) => checkpoints.newest(log, eras);
    const sequencer = startSequencer({ ...shared, writer, snapshots, attested, nowUs: () => Date.now() * 1_000, build, logger: loggerOf("sequencer") });
    stops.push(() => sequencer.stop());

    return {
      data,
      api,
      healthUrl: `http://127.0.0.1:${String(health.port)}`,
      bus,
      queue,
      catalogue,
      reader,
      projected: async (log, signal) => {
        const head = await reader.head(log);
        if (head === undefined || signal.aborted) return;
        await projector.caughtUp(log, head.position);
        // A log whose attestation stopped has said why; the read models are served all the same.
        while (!signal.aborted && !notary.standing().some((each) => each.log === log && (each.error !== undefined || each.position >= head.position))) await pause(attestedEveryMs, signal);
      },
      whileRunning: (work) => Promise.race([work, data.lost, sequencer.failed, venue.failed, executor.failed, dispatcher.failed]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
