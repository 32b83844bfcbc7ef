import { randomUUID } from "node:crypto";
import { decodeRecord, type StoredRecord } from "@finality/contracts";
import type { Database, Notifier } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { checkpointOf, moveCheckpoint, startLeaseKeeper, whileAlone, type HeldLease } from "@finality/execution";
import { startKeyedTasks, type Logger } from "@finality/service-kit";
import { appendVenueReports, venueTermsOf, type VenueTerms } from "@finality/venues";
import type { Market } from "./market.ts";
import { createMatching } from "./matching.ts";
import { clockAt, loadMarket, lockOpenOrders, saveOrders, savePositions, saveQuotes } from "./store.ts";

export type PaperVenueDeps = {
  readonly database: Database;
  readonly reader: LogReader;
  readonly notifier: Notifier;
  readonly logger: Logger;
  /** Names this start of the process in leases; default: a random name. */
  readonly instance?: string;
  /** How long a silent venue keeps its logs; default 5,000. Milliseconds. */
  readonly leaseMs?: number;
  /** How often new logs are looked for; default 250. Milliseconds. */
  readonly pollMs?: number;
};

export type PaperVenue = {
  /** Rejects when it gave up for good; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
};

/** Its name among the followers of the logs. */
const follower = "paper-venue";
const pollMsDefault = 250;
/** A log without terms has no orders: the venue only watches its quotes. */
const notOpen: VenueTerms = { latencyMs: 1, feePerContract: "0", feeShareOfNotional: "0", quoteAgeMaxMs: 1, maxShareOfSize: null };

/**
 * Follows every log and executes the orders that were accepted for it. Reports, quotes, orders and the checkpoint move in one transaction,
 * so a record has its effects once, whatever crashes. Of several processes of the venue each log has one at a time.
 */
export const startPaperVenue = (deps: PaperVenueDeps): PaperVenue => {
  const { database, notifier, reader, logger, instance = randomUUID(), leaseMs, pollMs = pollMsDefault } = deps;
  const leases = startLeaseKeeper({ database, notifier, logger, kind: follower, holder: instance, leaseMs });
  const tasks = startKeyedTasks({
    name: "paper venue",
    keys: async () => (await reader.heads()).map(({ log }) => log),
    everyMs: pollMs,
    run: (log, signal) => leases.hold(log, signal, (lease) => followLog(deps, log, lease)),
    logger,
  });
  return {
    failed: tasks.failed,
    stop: async () => {
      await tasks.stop();
      await leases.stop();
    },
  };
};

/** Where the venue stands in a log; what is in memory is thrown away with any failure and read back. */
type Standing = { readonly market: Market; position: number; clockUs: number };

const followLog = async (deps: PaperVenueDeps, log: string, { signal, isHeld }: HeldLease): Promise<void> => {
  const { database, reader } = deps;
  const position = await checkpointOf(database, follower, log);
  const standing: Standing = { position, clockUs: await clockAt(database, log, position), market: await loadMarket(database, log, position) };
  await whileAlone(async () => {
    for await (const records of reader.follow(log, position, signal)) {
      if (!isHeld()) return;
      await advance(deps, log, standing, records);
    }
  });
};

const advance = async ({ database, notifier }: PaperVenueDeps, log: string, standing: Standing, records: readonly StoredRecord[]): Promise<void> => {
  const last = records.at(-1);
  if (last === undefined) return;
  const reported = await database.transaction(async (client) => {
    await moveCheckpoint(client, { follower, log, from: standing.position, to: last.position });
    const orders = await lockOpenOrders(client, log, last.recordedTimeUs);
    const terms = (await venueTermsOf(client, log)) ?? notOpen;
    const matching = createMatching({ terms, market: standing.market, orders, clockUs: standing.clockUs });
    for (const record of records) matching.apply(decodeRecord(record));
    const { reports, touched } = matching;
    if (touched.size > 0) await saveQuotes(client, log, standing.market, [...touched].sort());
    if (reports.length === 0) return 0;
    await saveOrders(client, orders);
    await appendVenueReports(client, reports);
    await savePositions(client, reports);
    return reports.length;
  });
  standing.position = last.position;
  standing.clockUs = last.recordedTimeUs;
  if (reported > 0) notifier.notify("venue_report");
};
