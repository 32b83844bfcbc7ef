import { encodeMessage, topics, type PositionSnapshot } from "@finality/contracts";
import { liveLogsOf } from "@finality/execution";
import type { ExecutorDeps } from "./deps.ts";
import { publishReports } from "./publish-reports.ts";
import { pullReports } from "./pull-reports.ts";

type Reconciling = Pick<ExecutorDeps, "database" | "venue" | "notifier" | "bus" | "catalogue" | "logger" | "executor">;

const usPerMs = 1_000;

/**
 * Tells each live log of the account what the venue says that the account holds (rule 25). Reports that the positions include are published
 * before, so the log has them when it compares; a log that knows more by then ignores the snapshot, and there is a next one. It is an
 * observation, not a fact that must arrive: nothing keeps it for sending again. A data log is told nothing, since its records are those
 * of the dataset and the conductor alone.
 */
export const reconcile = async (reconciling: Reconciling, account: string): Promise<void> => {
  const { database, venue, bus, catalogue, executor } = reconciling;
  for (const log of await liveLogsOf(database, account)) {
    const { sequence, lastFillId, positions } = await venue.positions(account, log);
    await pullReports(reconciling, account);
    await publishReports(reconciling, account);
    const partition = await catalogue.partitionOf(log);
    if (partition === undefined) throw new Error(`Invariant: the log ${log}, which has records, stands in the catalogue.`);
    const takenUs = Date.now() * usPerMs;
    const body: PositionSnapshot = { snapshotId: `${account}/${String(takenUs)}`, account, sequence, ...(lastFillId === undefined ? {} : { lastFillId }), positions: [...positions], venueTimeUs: takenUs };
    const headers = { "content-type": "application/json", ce_type: "position_snapshot", ce_source: `executor/${executor}`, ce_id: body.snapshotId };
    await bus.produce([{ topic: topics.executions, partition, key: log, value: encodeMessage({ type: "position_snapshot", version: 1, log, body }), headers }]);
  }
};
