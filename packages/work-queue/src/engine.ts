import { assertSchemaCompatibility, createPostgresBackend, LATEST_SCHEMA_VERSION, Queue, runMigrations, SchemaMigrationRequiredError, Worker, type JobProgress, type PostgresConnectionOptions, type PostgresQueueBackend, type Processor } from "bullmq";
import pg from "pg";

/** What the queue runs on. The only place that knows more than BullMQ's common API is this file. */
export type QueueBackend = {
  readonly kind: "postgres";
  readonly url: string;
  /** The PostgreSQL schema of BullMQ's own tables; default `bullmq`. */
  readonly schema?: string;
};

type PostgresQueue = Queue<unknown, void, string, unknown, void, string, PostgresQueueBackend, PostgresConnectionOptions>;
export type JobQueue = Pick<PostgresQueue, "add" | "close" | "getJobCounts" | "obliterate" | "on" | "pause" | "resume" | "waitUntilReady">;
type PostgresWorker = Worker<unknown, void, string, PostgresQueueBackend, JobProgress, PostgresConnectionOptions>;
export type JobWorker = Pick<PostgresWorker, "close" | "on" | "waitUntilReady">;

type WorkerSettings = {
  readonly lockMs: number;
  readonly pollMs: number;
};

export type Engine = {
  /** Creates what the engine needs in its storage; several processes may call it at once. */
  prepare(): Promise<void>;
  openQueue(name: string): JobQueue;
  openWorker(name: string, processor: Processor<unknown, void>, settings: WorkerSettings): JobWorker;
};

/** How often a job may be taken from a dead worker before it is dropped; the sweep adds it again (rule 19). */
const maxStalledCount = 1;
const retryPauseMs = 500;
const connectionTimeoutMs = 10_000;

/** For the common API; the timings that are not given keep BullMQ's defaults. */
const workerOptions = ({ lockMs, pollMs }: WorkerSettings) => ({
  concurrency: 1,
  lockDuration: lockMs,
  stalledInterval: Math.ceil(lockMs / 2),
  maxStalledCount,
  // The wait for a notification is never longer: polling is the guarantee.
  drainDelay: pollMs / 1_000,
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
    prepare: () => prepareSchema(url, schema),
    openQueue: (name) => new Queue(name, { connection: connection(2) }, createPostgresBackend),
    openWorker: (name, processor, settings) => new Worker(name, processor, { ...workerOptions(settings), connection: connection(3) }, createPostgresBackend),
  };
};

export const engineOf = ({ url, schema = "bullmq" }: QueueBackend): Engine => postgresEngine(url, schema);
