import { exportRange } from "../export/export-range.ts";
import { sampleLog } from "./sample-log.ts";

// Begins an export into the folder that it is given, says so, and never ends.

const [folder = ""] = process.argv.slice(2);

async function* endless() {
  yield sampleLog({ records: 200 });
  process.stdout.write("begun\n");
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
}

await exportRange({ folder, log: "SPX", first: 1, last: 300, records: endless() });
