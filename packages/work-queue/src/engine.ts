import { assertSchemaCompatibility, createPostgresBackend, LATEST_SCHEMA_VERSION, Queue, runMigrations, SchemaMigrationRequiredError, Worker, type Job, type PostgresConnectionOptions, type Processor } from "bullmq";
import pg from "pg";
import { connectFirst, failFastClient, PatientClient, placeOf, unsafeSettings, type RedisPlace } from "./redis-client.ts";

/** What the queue runs on. The only place that knows more than BullMQ's common API is this file. */
export type QueueBackend = PostgresPlace | ({ readonly kind: "redis" } & RedisPlace & KeyPrefix);

type PostgresPlace = {
  readonly kind: "postgres";
  readonly url: string;
  /** The PostgreSQL schema of BullMQ's own tables; default `bullmq`. */
  readonly schema?: string;
};

/** Before the name of every key in Redis; default `finality`. */
type KeyPrefix = { readonly prefix?: string };

/** What the backends have in common: their types differ by how they connect. */
type Reporting = { on(event: "error", listener: (error: Error) => void): unknown };
export type JobQueue = Pick<Queue<unknown, void>, "add" | "close" | "getJobCounts" | "obliterate" | "pause" | "resume" | "waitUntilReady"> & Reporting;
type JobWorker = Pick<Worker<unknown, void>, "close" | "waitUntilReady"> &
  Reporting & { on(event: "failed", listener: (job: Job<unknown, void> | undefined, error: Error) => void): unknown };

export type WorkerSettings = {
  readonly lockMs: number;
  readonly pollMs: number;
};

export type Engine = {
  /** Connects, and creates what the engine needs in its storage; several processes may call it at once. Returns what may lose jobs there. */
  prepare(): Promise<readonly string[]>;
  openQueue(name: string): JobQueue;
  openWorker(name: string, processor: Processor<unknown, void>, settings: WorkerSettings): JobWorker;
  /** What is away, in a few words, while the storage is known to be: then nothing is asked of it. */
  away(): string | undefined;
  /** Cuts all connections: after its queues and workers, or when those cannot close. */
  close(): void;
};

/** How often a job may be taken from a dead worker before it is dropped; the sweep adds it again (rule 19). */
const maxStalledCount = 1;
const retryPauseMs = 500;
const connectionTimeoutMs = 10_000;

/** For the common API; the timings that are not given keep BullMQ's defaults. */
const workerOptions = ({ lockMs }: WorkerSettings) => ({
  concurrency: 1,
  lockDuration: lockMs,
  stalledInterval: Math.ceil(lockMs / 2),
  maxStalledCount,
  runRetryDelay: retryPauseMs,
});

const prepareSchema = async (url: string, schema: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, application_name: "finality work-queue", connectionTimeoutMillis: connectionTimeoutMs });
  // A connection that dies between two statements reports it to the next statement.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const migrated = await assertSchemaCompatibility(client, schema).catch((error: unknown) => {
      if (error instanceof SchemaMigrationRequiredError) return 0;
      throw error;
    });
    // Only when needed: a role that may use the tables need not be one that may create them.
    if (migrated < LATEST_SCHEMA_VERSION) await runMigrations(client, schema);
  } finally {
    await client.end();
  }
};

const postgresEngine = (url: string, schema: string): Engine => {
  const connection = (max: number): PostgresConnectionOptions => ({
    connectionString: url,
    schema,
    max,
    application_name: "finality work-queue",
    keepAlive: true,
    connectionTimeoutMillis: connectionTimeoutMs,
  });
  return {
    prepare: async () => {
      await prepareSchema(url, schema);
      return [];
    },
    openQueue: (name) => new Queue(name, { connection: connection(2) }, createPostgresBackend),
    openWorker: (name, processor, settings) => {
      // The wait for a notification is never longer: polling is the guarantee.
      const options = { ...workerOptions(settings), drainDelay: settings.pollMs / 1_000, connection: connection(3) };
      return new Worker(name, processor, options, createPostgresBackend);
    },
    away: () => undefined,
    close: () => undefined,
  };
};

/** All queues share one connection; a worker has a second one beside the shared one for workers, which waits for its jobs. */
const redisEngine = (place: RedisPlace, prefix: string): Engine => {
  const [producer, consumer] = [failFastClient(place), new PatientClient(place)];
  // Each queue and worker reports the errors of the connections that it uses.
  for (const client of [producer, consumer]) client.on("error", () => undefined);
  return {
    prepare: async () => {
      await connectFirst(producer);
      return (await unsafeSettings(producer)).map((found) => `Redis at ${placeOf(place)}: ${found}`);
    },
    openQueue: (name) => new Queue(name, { connection: producer, prefix, skipWaitingForReady: true }),
    openWorker: (name, processor, settings) => new Worker(name, processor, { ...workerOptions(settings), connection: consumer, prefix }),
    away: () => (producer.status === "ready" ? undefined : `there is no connection to Redis at ${placeOf(place)}`),
    close: () => {
      producer.disconnect();
      consumer.disconnectAll();
    },
  };
};

export const engineOf = (backend: QueueBackend): Engine =>
  backend.kind === "redis" ? redisEngine(backend, backend.prefix ?? "finality") : postgresEngine(backend.url, backend.schema ?? "bullmq");
