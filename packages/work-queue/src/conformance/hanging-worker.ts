// A process that takes one job and never finishes it, for tests that kill it. Arguments: the backend as JSON, account, lockMs.
import type { QueueBackend } from "../engine.ts";
import { openWorkQueue } from "../bull-work-queue.ts";

const [backend = "", account = "", lockMs = ""] = process.argv.slice(2);
// What the test that started this process wrote.
const parsed = JSON.parse(backend) as QueueBackend;
const queue = await openWorkQueue(parsed, { lockMs: Number(lockMs), onError: ({ message }) => process.stderr.write(`${message}\n`) });
await queue.work(account, async ({ commandId }) => {
  process.stdout.write(`took ${commandId}\n`);
  await new Promise(() => undefined);
});
