import { commandIdOf, canonicalJson, encodeRecord, type DecisionRecord, type HedgeDecided, type Input } from "@finality/contracts";
import type { Database } from "@finality/database";
import { recordCommands } from "../commands.ts";

// Logs and commands as they lie in the database, for this package's tests. The event store is written to directly: its package is a neighbour.

export const second = 1_000_000;
/** 2021-01-04T14:30:00Z: long past on every wall clock. */
export const startUs = 1_609_770_600 * second;

/** A log that was opened at `startUs`. */
export const openLog = async (database: Database, log: string, clock: "data" | "live"): Promise<void> => {
  const opened: Input = { type: "LogOpened", body: { clock, startsAtUs: startUs, maxFutureMs: 1_000, lateAfterMs: 1_000, farShare: 0.1, stateHashEvery: 256, semantics: 1 } };
  const { type, version, payload } = encodeRecord(opened);
  const none = Buffer.alloc(32);
  await database.query("INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root) VALUES ($1, 1, 1, 1, $2, $3, $3)", [log, startUs, none]);
  await database.query("SELECT event_log.ensure_partitions($1, 1)", [log]);
  await database.query(
    `INSERT INTO event_log.record (log, position, generation, type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash)
     VALUES ($1, 1, 1, $2, $3, $4, $4, $5, $6, $7, $7)`,
    [log, type, version, startUs, payload, canonicalJson({ epoch: 1, build: "test" }), none],
  );
};

/** Moves the log's time without a record. */
export const setLogTime = async (database: Database, log: string, recordedUs: number): Promise<void> => {
  await database.query("UPDATE event_log.head SET recorded_us = $2 WHERE log = $1", [log, recordedUs]);
};

const decision: HedgeDecided = {
  book: "scalper",
  account: "paper-scalper",
  instrument: "FUT",
  side: "sell",
  quantity: "3",
  orderType: "market",
  reason: "threshold_breach_up",
  netDelta: { low: 60, high: 60 },
  band: { lower: -50, upper: 50, target: 0 },
  gamma: 1,
  spot: 3700,
  model: "black76",
  vols: [],
  expectedPrice: "3700",
  expectedCost: 1,
  limits: { maxOrderQuantity: "10", maxHedgePosition: "10" },
  policy: { type: "none" },
  validUntilUs: startUs + 5 * second,
};

export const decided = (log: string, position: number, change: Partial<HedgeDecided> = {}): Extract<DecisionRecord, { type: "HedgeDecided" }> => ({
  log,
  generation: 1,
  position,
  venueTimeUs: startUs,
  recordedTimeUs: startUs,
  type: "HedgeDecided",
  body: { ...decision, ...change },
});

/** Records the command of a decision at `position`, decided at `startUs`, valid for 5 seconds unless changed; its id. */
export const command = async (database: Database, log: string, position: number, change: Partial<HedgeDecided> = {}): Promise<string> => {
  const record = decided(log, position, change);
  await recordCommands(database, { follower: `test-${String(position)}`, log, from: 0, to: 0 }, [record]);
  return commandIdOf(record);
};

export type OutboxLine = readonly [id: string, state: string, sequence: number, venueUs: number, reason: string | null];

/** What the outbox says of a command, in the order in which it was written. */
export const outboxOf = async (database: Database, commandId: string): Promise<readonly OutboxLine[]> => {
  const { rows } = await database.query<{ readonly report_id: string; readonly state: string; readonly sequence: number; readonly venue_us: number; readonly reason: string | null }>(
    `SELECT report_id, coalesce(convert_from(body, 'UTF8')::jsonb ->> 'state', type) AS state, sequence, venue_us, convert_from(body, 'UTF8')::jsonb ->> 'reason' AS reason
       FROM execution.outbox WHERE command_id = $1 ORDER BY id`,
    [commandId],
  );
  return rows.map(({ report_id: id, state, sequence, venue_us: venueUs, reason }) => [id, state, sequence, venueUs, reason]);
};

/** The attempt's state and reason. */
export const attemptOf = async (database: Database, commandId: string): Promise<readonly [string, string | null] | undefined> => {
  const { rows } = await database.query<{ readonly state: string; readonly reason: string | null }>("SELECT state, reason FROM execution.attempt WHERE command_id = $1", [commandId]);
  return rows.map(({ state, reason }): readonly [string, string | null] => [state, reason])[0];
};
