import { openBus } from "@finality/bus";
import { createCatalogue, createDeadLetterUpkeep, createLogReader, createLogWriter } from "@finality/event-log";
import { busConnection, runService } from "@finality/runtime";
import { reportLogs } from "./report-logs.ts";
import { startSequencer } from "./sequencer.ts";

const microsecondsPerMillisecond = 1_000;

await runService("sequencer", async ({ settings, database, notifier, logger, faults, metrics, closeLater }) => {
  const bus = openBus({ ...busConnection(settings), database, notifier, logger });
  closeLater("bus", () => bus.close());
  const sequencer = startSequencer({
    bus,
    catalogue: createCatalogue(database),
    reader: createLogReader({ database, notifier }),
    writer: createLogWriter({ database, notifier }),
    nowUs: () => Date.now() * microsecondsPerMillisecond,
    build: settings.build,
    deadLetters: { upkeep: createDeadLetterUpkeep(database), retentionDays: settings.deadLetterDays },
    faults,
    logger,
  });
  reportLogs(metrics, sequencer);
  return {
    failed: sequencer.failed,
    notReady: () => sequencer.status().flatMap((each) => (each.state === "stopped" ? [`log ${each.log} stopped: ${each.reason}`] : [])).join("; ") || undefined,
    stop: () => sequencer.stop(),
  };
});
