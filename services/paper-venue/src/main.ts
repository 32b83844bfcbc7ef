import { createLogReader } from "@finality/event-log";
import { runService } from "@finality/runtime";
import { startPaperVenue } from "./paper-venue.ts";

await runService("paper-venue", async ({ settings, database, notifier, logger, instance }) => {
  const venue = startPaperVenue({ database, reader: createLogReader({ database, notifier }), notifier, logger, instance, leaseMs: settings.leaseMs });
  return { failed: venue.failed, stop: () => venue.stop() };
});
