import { createPostgresBus } from "@finality/bus";
import { createNotifier } from "@finality/database";
import { createLogReader } from "@finality/event-log";
import { checkLogs } from "../check/check-logs.ts";
import { openDataFolder } from "../house/data-folder.ts";

/** What must hold of an embedded house that stands still, whatever happened to it; each broken rule as a sentence. */
export const checkHouse = async (folder: string, log: string): Promise<readonly string[]> => {
  const data = await openDataFolder({ folder, exclusive: true });
  const { database } = data;
  const notifier = createNotifier(database);
  const bus = createPostgresBus(database, { notifier });
  try {
    const checks = await checkLogs({ database, reader: createLogReader({ database, notifier }), bus }, { logs: [log] });
    return checks.flatMap(({ findings }) => findings.map(({ rule, says }) => `${rule}: ${says}`));
  } finally {
    await bus.close();
    await data.close();
  }
};
