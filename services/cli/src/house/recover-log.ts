import type { StoredRecord } from "@finality/contracts";
import type { Database } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { recoverExecution, recoverFrom } from "@finality/execution";

const chunk = 1_000;

async function* recordsBehind(reader: LogReader, log: string, from: number): AsyncGenerator<readonly StoredRecord[], void, void> {
  for (let position = from; ; ) {
    const records = await reader.read(log, position, chunk);
    if (records.length === 0) return;
    yield records;
    position += records.length;
  }
}

/** Commands and reports follow a log that was put in front of them (`recoverExecution`). Returns the commands that the venue will be asked about. */
export const recoverLog = async (database: Database, reader: LogReader, log: string): Promise<readonly string[]> =>
  recoverExecution(database, log, recordsBehind(reader, log, await recoverFrom(database, log)));
