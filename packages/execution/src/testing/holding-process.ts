// A process that works under a lease, for tests that stop and kill it. Arguments: the database's URL, kind, key, leaseMs.
import { openDatabase } from "@finality/database";
import { pause, silentLogger } from "@finality/service-kit";
import { startLeaseKeeper } from "../lease-keeper.ts";

const [url = "", kind = "", key = "", leaseMs = ""] = process.argv.slice(2);
const holder = `process-${String(process.pid)}`;
const database = openDatabase(url, { applicationName: holder, max: 2 });
const keeper = startLeaseKeeper({ database, logger: silentLogger, kind, holder, leaseMs: Number(leaseMs) });
const say = (word: string): void => void process.stdout.write(`${word}\n`);

for (;;) {
  await keeper.hold(key, new AbortController().signal, async ({ signal, isHeld }) => {
    say("taken");
    // What it writes here somebody else could be writing too, unless it holds the lease.
    while (!signal.aborted && isHeld()) {
      await database.query("INSERT INTO work (holder) VALUES ($1)", [holder]);
      await pause(5, signal);
    }
    say("ended");
  });
}
