import { createLogReader } from "@finality/event-log";
import { queueConnection, runService } from "@finality/runtime";
import { openWorkQueue } from "@finality/work-queue";
import { startDispatcher } from "./dispatcher.ts";

await runService("dispatcher", async ({ settings, database, notifier, logger, faults, instance, closeLater }) => {
  const onError = (error: Error): void => { logger.warn({ err: error }, error.message); };
  const queue = await openWorkQueue({ url: database.url, ...queueConnection(settings) }, { lockMs: settings.jobLockMs, onError });
  closeLater("queue", () => queue.close());
  const dispatcher = startDispatcher({ database, reader: createLogReader({ database, notifier }), queue, notifier, faults, logger, instance, leaseMs: settings.leaseMs });
  return { failed: dispatcher.failed, stop: () => dispatcher.stop() };
});
