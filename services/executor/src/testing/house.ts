import { createPostgresBus, type Bus } from "@finality/bus";
import { commandIdOf, encodeRecord, topics, type HedgeDecided, type Input, type LogOpening } from "@finality/contracts";
import { createNotifier, type Database, type Notifier } from "@finality/database";
import { createCatalogue, createLogWriter, type Catalogue } from "@finality/event-log";
import { recordCommands } from "@finality/execution";
import { noFaults, silentLogger, type Faults } from "@finality/service-kit";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { createPaperVenueClient, setVenueTerms, type Venue } from "@finality/venues";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import { startExecutor, type Executor, type ExecutorTimings } from "../executor.ts";

// What executors stand in: a database with an open log, the queue, the bus, the paper venue. For this service's tests.

const second = 1_000_000;
export const startUs = 1_609_770_600 * second;
export const log = "SPX";
export const account = "paper-scalper";

export type House = {
  readonly database: Database;
  readonly queue: WorkQueue;
  readonly bus: Bus;
  readonly catalogue: Catalogue;
  readonly notifier: Notifier;
  readonly venue: Venue;
  /** Records the command of a decision at a position; does not queue it. */
  command(position: number, change?: Partial<HedgeDecided>): Promise<string>;
  start(name: string, change?: { readonly database?: Database; readonly venue?: Venue; readonly faults?: Faults; readonly timings?: Partial<ExecutorTimings> }): Executor;
  /** The attempt's state and reason. */
  attempt(commandId: string): Promise<string>;
  /** Ids of orders at the venue. */
  orders(): Promise<readonly string[]>;
  /** "<report id> <state or fill>" of the outbox, as written. */
  outbox(): Promise<readonly string[]>;
  dispose(): Promise<void>;
};

const decision: HedgeDecided = {
  book: "scalper", account, instrument: "FUT", side: "sell", quantity: "3", orderType: "market", reason: "threshold_breach_up", netDelta: { low: 60, high: 60 },
  band: { lower: -50, upper: 50, target: 0 }, gamma: 1, spot: 3700, model: "black76", vols: [], expectedPrice: "3700", expectedCost: 1,
  limits: { maxOrderQuantity: "10", maxHedgePosition: "10" }, policy: { type: "none" }, validUntilUs: Number.MAX_SAFE_INTEGER,
};
const opening: Omit<LogOpening, "clock"> & { readonly semantics: number } = { startsAtUs: startUs, maxFutureMs: 1_000, lateAfterMs: 1_000, farShare: 0.1, stateHashEvery: 256, semantics: 1 };

/** In a database of its own, or in a given one, which it disposes of. */
export const openHouse = async (clock: "data" | "live", given?: TestDatabase): Promise<House> => {
  const test = given ?? (await testDatabase({ max: 20 }));
  const { database } = test;
  const notifier = createNotifier(database);
  const catalogue = createCatalogue(database);
  await catalogue.assignPartition(log);
  const writer = createLogWriter({ database, notifier });
  const { epoch } = await writer.takeOver(log);
  const opened: Input = { type: "LogOpened", body: { ...opening, clock } };
  const content = { ...encodeRecord(opened), venueTimeUs: startUs, recordedTimeUs: startUs };
  await writer.append({ log, epoch, expectedPosition: 0, records: [{ content, provenance: { epoch, build: "test" } }], offsets: [], deadLetters: [], duplicates: 0 });
  const bus = createPostgresBus(database);
  await bus.ensureTopics(Object.values(topics), 1);
  const queue = await openWorkQueue({ kind: "postgres", url: test.url }, { onError: () => undefined, backoffMs: 10, lockMs: 1_000 });
  const venue = createPaperVenueClient(database, notifier);
  await setVenueTerms(database, log, { latencyMs: 250, feePerContract: "0", feeShareOfNotional: "0", quoteAgeMaxMs: 90_000, maxShareOfSize: null });
  await database.query("INSERT INTO venue.quote (log, instrument, venue_us) VALUES ($1, 'FUT', 0)", [log]);
  const executors: Executor[] = [];
  return {
    database, queue, bus, catalogue, notifier, venue,
    command: async (position, change) => {
      const record = { log, generation: 1, position, venueTimeUs: startUs, recordedTimeUs: startUs, type: "HedgeDecided", body: { ...decision, ...change } } as const;
      await recordCommands(database, { follower: `test-${String(position)}`, log, from: 0, to: 0 }, [record]);
      return commandIdOf(record);
    },
    start: (executor, { database: own = database, venue: other = venue, faults = noFaults, timings = {} } = {}) => {
      const deps = { database: own, queue, bus, catalogue, venue: other, notifier, faults, logger: silentLogger, executor };
      const started = startExecutor({ ...deps, timings: { sendWithinMs: 1_000, transportMs: 100, leaseMs: 1_000, pollMs: 20, ...timings } });
      executors.push(started);
      return started;
    },
    attempt: async (commandId) => {
      const { rows } = await database.query<{ readonly said: string }>("SELECT concat_ws(' ', state, reason) AS said FROM execution.attempt WHERE command_id = $1", [commandId]);
      return rows[0]?.said ?? "none";
    },
    orders: async () => (await database.query<{ readonly id: string }>("SELECT client_order_id AS id FROM venue.order ORDER BY 1")).rows.map(({ id }) => id),
    outbox: async () => {
      const sql = "SELECT report_id || ' ' || coalesce(convert_from(body, 'UTF8')::jsonb ->> 'state', type) AS said FROM execution.outbox ORDER BY id";
      return (await database.query<{ readonly said: string }>(sql)).rows.map(({ said }) => said);
    },
    dispose: async () => {
      await Promise.all(executors.map((executor) => executor.stop()));
      await queue.close();
      await bus.close();
      await test.dispose();
    },
  };
};
