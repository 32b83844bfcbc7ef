import { createLogReader } from "@finality/event-log";
import { createSnapshotStore } from "@finality/history";
import { runService } from "@finality/runtime";
import { startProjector } from "./projector.ts";

const describe = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

await runService("projector", async ({ settings, database, notifier, faults, logger, metrics, instance }) => {
  const projector = await startProjector({
    database,
    reader: createLogReader({ database, notifier }),
    snapshots: createSnapshotStore(database),
    notifier,
    faults,
    logger,
    instance,
    leaseMs: settings.leaseMs,
    onStopped: (log, error) => { logger.error({ log, err: error }, `the projection of log ${log} stopped`); },
  });
  metrics.gauge("finality_projector_position_records", "the record that the read models of a log have reached", ["log"], () =>
    projector.standing().flatMap(({ log, isActive, checkpoint }) => (isActive ? [{ labels: { log }, value: checkpoint?.position ?? 0 }] : [])),
  );
  return {
    notReady: () => projector.standing().flatMap(({ log, error }) => (error === undefined ? [] : [`the projection of log ${log} stopped: ${describe(error)}`])).join("; ") || undefined,
    stop: () => projector.stop(),
  };
});
