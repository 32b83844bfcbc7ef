import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, openDatabase, startEmbeddedPostgres, type Database } from "@finality/database";

/** A PostgreSQL of its own whose disk a test can fill. */
export type SmallDisk = {
  readonly database: Database;
  /** From now on no file of the server grows. */
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
  close(): Promise<void>;
};

/** What PostgreSQL and its first 16 MB of write-ahead log need, and some room. */
const diskMegabytes = 160;

const canMount = (folder: string): boolean => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${String(diskMegabytes)}m`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Writes until the filesystem takes nothing more. */
const fillUp = (path: string): void => {
  const file = openSync(path, "w");
  try {
    for (let size = 1_048_576; size >= 1; ) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch {
        size = Math.floor(size / 16);
      }
    }
  } finally {
    closeSync(file);
  }
};

/** The write-ahead log's files have 16 MB from the start: files may be as large as these, and the table of dead letters is made so. */
const fileBytes = 16 * 1_048_576;
const bloatDeadLetters = `
  INSERT INTO event_log.dead_letter (topic, partition, "offset", log, reason, detail, headers, value)
  SELECT 'bloat', 0, n, 'BLOAT', 'not_json', '', '{}', (SELECT string_agg(sha256(convert_to(n || ' ' || i, 'UTF8')), ''::bytea) FROM generate_series(1, 31250) i) FROM generate_series(1, 15) n`;

const limitFiles = (pid: number, bytes: number | "unlimited"): void => {
  const { uid, gid } = statSync(`/proc/${String(pid)}`);
  // The soft limit alone, and as the user whose server it is: neither needs a right that only some machines give to root.
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${String(bytes)}:`], { uid, gid });
};

/** A filesystem of a few megabytes in memory where we may mount one; elsewhere the server's files are kept from growing past a size, as a quota does. */
export const openSmallDisk = async (): Promise<SmallDisk> => {
  const folder = mkdtempSync(join(tmpdir(), `finality-test-${String(process.pid)}-`));
  const isMounted = canMount(folder);
  if (isMounted) chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ folder });
  const database = openDatabase(server.url, { applicationName: "finality test", max: 8 });
  await migrate(database);
  const ballast = join(folder, "ballast");
  const limited = async (bytes: number | "unlimited"): Promise<void> => {
    limitFiles(server.pid, bytes);
    const { rows } = await database.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'");
    for (const { pid } of rows) limitFiles(pid, bytes);
  };
  return {
    database,
    fill: async () => {
      if (!isMounted) await database.query(bloatDeadLetters);
      // A server that cannot begin another file of its write-ahead log stops; here it is to meet the full disk in an append.
      await database.query("SELECT pg_switch_wal()");
      await database.query("CHECKPOINT");
      if (isMounted) fillUp(ballast);
      else await limited(fileBytes);
    },
    makeRoom: async () => {
      if (isMounted) rmSync(ballast);
      else await limited("unlimited");
    },
    close: async () => {
      await database.close();
      await server.stop("immediate");
      if (isMounted) execFileSync("umount", ["--lazy", folder]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
