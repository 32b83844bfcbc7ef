import { openBus } from "@finality/bus";
import { createCatalogue } from "@finality/event-log";
import { busConnection, queueConnection, runService } from "@finality/runtime";
import { createPaperVenueClient } from "@finality/venues";
import { openWorkQueue } from "@finality/work-queue";
import { startExecutor } from "./executor.ts";

await runService("executor", async ({ settings, database, notifier, logger, faults, instance, closeLater }) => {
  const onError = (error: Error): void => { logger.warn({ err: error }, error.message); };
  const queue = await openWorkQueue({ url: database.url, ...queueConnection(settings) }, { lockMs: settings.jobLockMs, onError });
  closeLater("queue", () => queue.close());
  const bus = openBus({ ...busConnection(settings), database, notifier, logger });
  closeLater("bus", () => bus.close());
  const executor = startExecutor({
    database,
    queue,
    bus,
    catalogue: createCatalogue(database),
    venue: createPaperVenueClient(database),
    notifier,
    faults,
    logger,
    executor: instance,
    timings: { leaseMs: settings.leaseMs },
  });
  return { failed: executor.failed, stop: () => executor.stop() };
});
