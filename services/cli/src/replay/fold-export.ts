// Folds an exported log and prints what it hashes to. A script of its own, because it also runs where there is no PostgreSQL:
// `node services/cli/src/replay/fold-export.ts <file>`; the tests run it on an emulated arm64 Node.
import { readExport } from "@finality/event-log";
import { foldRecords } from "./fold-records.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("name the file that `finality log export` wrote");
const { header, records } = await readExport(path);
process.stdout.write(`${JSON.stringify(await foldRecords(header.log, records))}\n`);
