import { createLogReader } from "@finality/event-log";
import { runService } from "@finality/runtime";
import { startPaperVenue } from "./paper-venue.ts";

await runService("paper-venue", async ({ database, notifier, logger }) => {
  const venue = startPaperVenue({ database, reader: createLogReader({ database, notifier }), notifier, logger });
  return { failed: venue.failed, stop: () => venue.stop() };
});
