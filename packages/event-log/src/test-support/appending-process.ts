import { createNotifier, openDatabase } from "@finality/database";
import { createLogWriter } from "../postgres-log-writer.ts";
import { sampleAppend, sampleRecords } from "./sample-append.ts";

// Takes the log over that it is given, appends three records, and says so: a writer that a test can kill.

const [url = "", log = "", applicationName = ""] = process.argv.slice(2);
const database = openDatabase(url, { applicationName, max: 2 });
const writer = createLogWriter({ database, notifier: createNotifier(database) });
const hold = await writer.takeOver(log);
await writer.append(sampleAppend(hold, { records: sampleRecords(3), offsets: [{ topic: "md.ticks.v1", partition: 0, expected: 0, next: 1, lastHash: Buffer.alloc(32, 7) }] }));
process.stdout.write("appended\n");
