// Folds exported logs and prints what each hashes to, a line each. A script of its own, because it also runs where there is no PostgreSQL:
// `node services/cli/src/replay/fold-export.ts <file>...`; the tests run it on an emulated arm64 Node.
import { readExport } from "@finality/event-log";
import { foldRecords } from "./fold-records.ts";

const paths = process.argv.slice(2);
if (paths.length === 0) throw new Error("name the files that `finality log export` wrote");
for (const path of paths) {
  const { header, records } = await readExport(path);
  process.stdout.write(`${JSON.stringify(await foldRecords(header.log, records))}\n`);
}
