import { createLogReader } from "@finality/event-log";
import { runService } from "@finality/runtime";
import { startProjector } from "./projector.ts";

await runService("projector", async ({ database, notifier, faults, logger, metrics }) => {
  const projector = await startProjector({
    database,
    reader: createLogReader({ database, notifier }),
    faults,
    onStopped: (log, error) => { logger.error({ log, err: error }, `the projection of log ${log} stopped`); },
  });
  metrics.gauge("finality_projector_position", "the record that the read models of a log have reached", ["log"], () =>
    projector.standing().map(({ log, checkpoint }) => ({ labels: { log }, value: checkpoint?.position ?? 0 })),
  );
  return {
    notReady: () => projector.standing().flatMap(({ log, error }) => (error === undefined ? [] : [`the projection of log ${log} stopped: ${error instanceof Error ? error.message : String(error)}`]))[0],
    stop: () => projector.stop(),
  };
});
