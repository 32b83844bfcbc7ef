import { openBus } from "@finality/bus";
import { createCatalogue, createDeadLetterUpkeep, createLogReader, createLogWriter } from "@finality/event-log";
import { createCheckpointFolder, createSnapshotStore } from "@finality/history";
import { busConnection, runService } from "@finality/runtime";
import { followRotations, parseVerifierKey } from "@finality/transparency";
import { reportLogs } from "./report-logs.ts";
import { startSequencer } from "./sequencer.ts";

const microsecondsPerMillisecond = 1_000;

await runService("sequencer", async ({ settings, database, notifier, logger, faults, metrics, closeLater }) => {
  const bus = openBus({ ...busConnection(settings), database, notifier, logger });
  closeLater("bus", () => bus.close());
  const eras = settings.knownKeys.flatMap((key) => followRotations(parseVerifierKey(key), []));
  const outside = settings.checkpointFolder === undefined ? undefined : createCheckpointFolder(settings.checkpointFolder);
  const sequencer = startSequencer({
    bus,
    catalogue: createCatalogue(database),
    reader: createLogReader({ database, notifier }),
    writer: createLogWriter({ database, notifier }),
    nowUs: () => Date.now() * microsecondsPerMillisecond,
    build: settings.build,
    deadLetters: { upkeep: createDeadLetterUpkeep(database), retentionDays: settings.deadLetterDays },
    snapshots: createSnapshotStore(database),
    ...(outside === undefined ? {} : { attested: (log: string) => outside.newest(log, eras) }),
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
