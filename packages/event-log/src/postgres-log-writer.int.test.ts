import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createNotifier, openDatabase } from "@finality/database";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Append, LogHold, LogWriter } from "./event-log.ts";
import { createLogReader } from "./postgres-log-reader.ts";
import { createLogWriter } from "./postgres-log-writer.ts";
import { sourceOffsets } from "./source-offsets.ts";
import { breakableProxy } from "./test-support/breakable-proxy.ts";
import { sampleAppend, sampleRecords, startUs } from "./test-support/sample-append.ts";
import { verifyHashes } from "./verify-hashes.ts";

let storage: TestDatabase;
const newWriter = (): LogWriter => createLogWriter({ database: storage.database, notifier: createNotifier(storage.database) });
beforeAll(async () => {
  storage = await testDatabase({ max: 24 });
});
afterAll(async () => {
  await storage.dispose();
});

let logs = 0;
const freshLog = (): string => `LOG${String(++logs)}`;
const hash = Buffer.alloc(32, 7);
const source = (expected: number, next: number): Append["offsets"][number] => ({ topic: "md.ticks.v1", partition: 0, expected, next, lastHash: hash });
const letter = (log: string, offset: number) =>
  ({ topic: `topic-of-${log}`, partition: 0, offset, reason: "not_json", detail: "Not JSON.", headers: { a: "b\u0000\ud83d" }, value: Buffer.from([0, 1, 255]) }) as const;

/** Everything that an append may change, as one comparable value. */
const stateOf = async (log: string): Promise<unknown> => {
  const select = async (table: string): Promise<unknown> => (await storage.database.query(`SELECT * FROM event_log.${table} WHERE log = $1 ORDER BY 1, 2, 3`, [log])).rows;
  const [head, records, offsets, letters] = [await select("head"), await select("record"), await select("source_offset"), await select("dead_letter")];
  return { head, records, offsets, letters };
};
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
const waitsForLock = (applicationName: string) =>
  eventually(async () => {
    const { rows } = await storage.database.query<{ waiting: number }>(
      "SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'",
      [applicationName],
    );
    return (rows[0]?.waiting ?? 0) > 0;
  });
/** From now on every append to the log (or takeover of it) waits in its commit, its locks held, until it is released. */
const stallCommits = async (log: string, column: "position" | "epoch" = "position"): Promise<() => Promise<void>> => {
  const name = `stall_${log.toLowerCase()}`;
  const key = 1_000 + logs;
  await storage.database.query(`CREATE FUNCTION public.${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(${String(key)}); RETURN NULL; END $$`);
  await storage.database.query(`CREATE CONSTRAINT TRIGGER ${name} AFTER UPDATE ON event_log.head DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.log = '${log}' AND NEW.${column} > OLD.${column}) EXECUTE FUNCTION public.${name}()`);
  const client = await storage.database.pool.connect();
  await client.query("SELECT pg_advisory_lock($1)", [key]);
  let released: Promise<void> | undefined;
  const release = (): Promise<void> =>
    (released ??= client.query("SELECT pg_advisory_unlock($1)", [key]).then(() => {
      client.release();
    }));
  onTestFinished(release);
  return release;
};

describe("append", () => {
  test("inserts records, offsets, dead letters and head together, and the next append goes on behind it", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    expect(hold).toEqual({ log, generation: 1, epoch: 1, position: 0, recordedUs: 0, offsets: [], skips: [] });
    const first = await writer.append(sampleAppend(hold, { records: sampleRecords(5), offsets: [source(0, 3)], deadLetters: [letter(log, 2)], duplicates: 4 }));
    expect(first).toEqual({ position: 5, recordedUs: startUs + 4 });
    await writer.append(sampleAppend({ ...hold, ...first }, { offsets: [source(3, 4)] }));

    const reader = createLogReader({ database: storage.database });
    const records = await reader.read(log, 0, 100);
    expect(records.map(({ position, type, generation }) => [position, type, generation])).toEqual([
      [1, "ClockTicked", 1], [2, "RefusalEnded", 1], [3, "ClockTicked", 1], [4, "RefusalEnded", 1], [5, "ClockTicked", 1], [6, "ClockTicked", 1], [7, "RefusalEnded", 1],
    ]);
    const sent = [...sampleRecords(5), ...sampleRecords(2, { fromUs: startUs + 4 })];
    expect(records.map(({ payload, venueTimeUs, recordedTimeUs }) => [Buffer.from(payload).toString(), venueTimeUs, recordedTimeUs])).toEqual(
      sent.map(({ content }) => [Buffer.from(content.payload).toString(), content.venueTimeUs, content.recordedTimeUs]),
    );
    expect(Buffer.from(records[6]?.provenance ?? []).toString()).toBe('{"build":"test","epoch":1}');
    expect(await reader.head(log)).toMatchObject({ position: 7, epoch: 1, recordedUs: startUs + 5, duplicates: 4 });
    expect(await verifyHashes(reader, log)).toEqual({ records: 7, firstDifference: undefined });
    expect(await sourceOffsets(storage.database, log)).toEqual([{ topic: "md.ticks.v1", partition: 0, nextOffset: 4, lastHash: hash }]);
    const { rows } = await storage.database.query("SELECT \"offset\", reason, headers, value FROM event_log.dead_letter WHERE log = $1", [log]);
    expect(rows).toEqual([{ offset: 2, reason: "not_json", headers: { a: "b\uFFFD\uFFFD" }, value: Buffer.from([0, 1, 255]) }]);
  });

  test("an append of nothing but offsets and dead letters is compared and set all the same", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    await writer.append(sampleAppend(hold));
    const before = await stateOf(log);
    const quiet = { records: [], offsets: [source(0, 1)], deadLetters: [letter(log, 0)], duplicates: 1 };
    expect(await codeOf(writer.append(sampleAppend(hold, quiet)))).toBe("conflict");
    expect(await stateOf(log)).toEqual(before);
    expect(await writer.append(sampleAppend({ ...hold, position: 2 }, quiet))).toEqual({ position: 2, recordedUs: startUs + 1 });
    expect(await createLogReader({ database: storage.database }).head(log)).toMatchObject({ position: 2, duplicates: 1 });
  });

  test("of many writers at one position exactly one appends; the others change nothing", async () => {
    const log = freshLog();
    const hold = await newWriter().takeOver(log);
    const appends = Array.from({ length: 12 }, (_, index) => newWriter().append(sampleAppend(hold, { records: sampleRecords(3), offsets: [source(0, 1)], deadLetters: [letter(log, index)] })));
    const codes = await Promise.all(appends.map(codeOf));
    expect(codes.filter((code) => code === "done")).toHaveLength(1);
    expect(codes.filter((code) => code === "conflict")).toHaveLength(11);
    const reader = createLogReader({ database: storage.database });
    expect(await reader.read(log, 0, 100)).toHaveLength(3);
    expect(await verifyHashes(reader, log)).toEqual({ records: 3, firstDifference: undefined });
    expect((await storage.database.query("SELECT FROM event_log.dead_letter WHERE log = $1", [log])).rowCount).toBe(1);
  });

  test("a stored offset that is not the expected one refuses the whole append, above and below", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    await writer.append(sampleAppend(hold, { offsets: [source(0, 5)] }));
    const before = await stateOf(log);
    const at = { ...hold, position: 2, recordedUs: startUs + 1 };
    for (const offsets of [[source(4, 6)], [source(6, 7)], [source(0, 6)], [source(5, 6), { ...source(1, 2), topic: "desk.control.v1" }]]) {
      expect(await codeOf(writer.append(sampleAppend(at, { offsets, deadLetters: [letter(log, 1)] })))).toBe("conflict");
      expect(await stateOf(log)).toEqual(before);
    }
    expect(await codeOf(writer.append(sampleAppend(at, { offsets: [source(5, 6)] })))).toBe("done");
  });

  test("a position that is taken is never skipped: the row count must be n", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    await storage.database.query(
      "INSERT INTO event_log.record SELECT $1, 2, 1, 'ClockTicked', 1, 0, 0, '{}', '{}', '', ''",
      [log],
    );
    expect(await codeOf(writer.append(sampleAppend(hold, { records: sampleRecords(3) })))).toBe("conflict");
    expect(await createLogReader({ database: storage.database }).head(log)).toMatchObject({ position: 0 });
  });

  test("recorded time never falls, neither in an append nor behind the head", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    await expect(writer.append(sampleAppend(hold, { records: [...sampleRecords(2), ...sampleRecords(1)] }))).rejects.toThrow("Invariant: recorded time never falls");
    await writer.append(sampleAppend(hold, { records: sampleRecords(3) }));
    const before = await stateOf(log);
    await expect(writer.append(sampleAppend({ ...hold, position: 3 }))).rejects.toThrow("Invariant: recorded time never falls");
    expect(await stateOf(log)).toEqual(before);
  });

  test("the bus that the messages came from is stored with the offsets, at the first append and at later ones", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const identity = async (): Promise<unknown> => (await writer.takeOver(log)).offsets.map(({ busIdentity }) => busIdentity);
    const append = async (expected: number, more: Partial<Append>): Promise<void> => {
      await writer.append(sampleAppend(await writer.takeOver(log), { offsets: [source(expected, expected + 1)], ...more }));
    };
    await append(0, { busIdentity: "bus one" });
    expect(await identity()).toEqual(["bus one"]);
    await append(1, { busIdentity: "bus two" });
    expect(await identity()).toEqual(["bus two"]);
    await append(2, {});
    expect(await identity()).toEqual([undefined]);
  });

  test("a log that nobody took over is unknown", async () => {
    const append = sampleAppend({ log: freshLog(), generation: 1, epoch: 1, position: 0, recordedUs: 0, offsets: [], skips: [] });
    expect(await codeOf(newWriter().append(append))).toBe("unknown_log");
  });

  test("a head whose tree does not give its root is corrupt, also when the writer remembers another", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    await writer.append(sampleAppend(hold, { records: sampleRecords(3) }));
    await storage.database.query("UPDATE event_log.head SET frontier = overlay(frontier PLACING '\\x00'::bytea FROM 40) WHERE log = $1", [log]);
    expect(await codeOf(writer.append(sampleAppend({ ...hold, position: 3, recordedUs: startUs + 2 })))).toBe("corrupt");
    expect(await codeOf(newWriter().takeOver(log))).toBe("corrupt");
  });

  test("commits durably where the database's default is not to", async () => {
    const [log, name] = [freshLog(), "durable"];
    await storage.database.query("CREATE TABLE public.durability (setting text)");
    await storage.database.query(
      `CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.durability VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`,
    );
    await storage.database.query(`CREATE CONSTRAINT TRIGGER ${name} AFTER INSERT ON event_log.record DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.log = '${log}') EXECUTE FUNCTION public.note()`);
    const url = new URL(storage.url);
    url.searchParams.set("options", "-c synchronous_commit=off");
    const lazy = openDatabase(url.href, { applicationName: "lazy", max: 2 });
    const writer = createLogWriter({ database: lazy, notifier: createNotifier(lazy) });
    await writer.append(sampleAppend(await writer.takeOver(log)));
    expect((await storage.database.query("SELECT setting FROM public.durability")).rows).toEqual([{ setting: "on" }, { setting: "on" }]);
    await storage.database.query(`DROP TRIGGER ${name} ON event_log.record`);
    await lazy.close();
  });
});

describe("takeover (rule 2)", () => {
  test("waits for an open append, and sees what it committed", async () => {
    const [log, first] = [freshLog(), newWriter()];
    const hold = await first.takeOver(log);
    const release = await stallCommits(log);
    const open = first.append(sampleAppend(hold, { deadLetters: [letter(log, 0)], offsets: [source(0, 1)] }));
    await waitsForLock("finality test");
    const next = openDatabase(storage.url, { applicationName: "next owner", max: 2 });
    const takeover = createLogWriter({ database: next, notifier: createNotifier(next) }).takeOver(log);
    await waitsForLock("next owner");
    await release();
    expect(await open).toMatchObject({ position: 2 });
    expect(await takeover).toMatchObject({ epoch: 2, position: 2, recordedUs: startUs + 1, offsets: [{ nextOffset: 1 }] });
    await next.close();
  });

  test("an append that meets an open takeover waits for it and changes nothing", async () => {
    const [log, old] = [freshLog(), newWriter()];
    const hold = await old.takeOver(log);
    const release = await stallCommits(log, "epoch");
    const next = openDatabase(storage.url, { applicationName: "next owner", max: 2 });
    onTestFinished(() => next.close());
    const takeover = createLogWriter({ database: next, notifier: createNotifier(next) }).takeOver(log);
    await waitsForLock("next owner");
    const late = codeOf(old.append(sampleAppend(hold, { offsets: [source(0, 1)], deadLetters: [letter(log, 0)] })));
    await waitsForLock("finality test");
    await release();
    expect(await takeover).toMatchObject({ epoch: 2, position: 0, offsets: [] });
    expect(await late).toBe("fenced");
    expect(await stateOf(log)).toMatchObject({ head: [{ epoch: 2, position: 0 }], records: [], offsets: [], letters: [] });
  });

  test("a deposed writer changes nothing, whatever it brings", async () => {
    const [log, old, rightful] = [freshLog(), newWriter(), newWriter()];
    const hold = await old.takeOver(log);
    await old.append(sampleAppend(hold, { offsets: [source(0, 1)] }));
    const taken = await rightful.takeOver(log);
    const before = await stateOf(log);
    const at: LogHold = { ...hold, position: 2, recordedUs: startUs + 1 };
    expect(await codeOf(old.append(sampleAppend(at, { offsets: [source(1, 2)] })))).toBe("fenced");
    expect(await codeOf(old.append(sampleAppend(at, { records: [], offsets: [source(1, 2)], deadLetters: [letter(log, 1)], duplicates: 1 })))).toBe("fenced");
    expect(await stateOf(log)).toEqual(before);
    expect(await codeOf(rightful.append(sampleAppend(taken, { offsets: [source(1, 2)] })))).toBe("done");
    expect(await createLogReader({ database: storage.database }).head(log)).toMatchObject({ epoch: 2, position: 4 });
  });

  test("with nothing new appends nothing", async () => {
    const log = freshLog();
    for (const epoch of [1, 2, 3]) expect(await newWriter().takeOver(log)).toMatchObject({ epoch, position: 0 });
  });
});

describe("unknown commit (rule 3)", () => {
  /** A writer whose commit waits, over a network that the test can break. */
  const slowCommit = async (log: string) => {
    const applicationName = `slow ${log}`;
    const proxy = await breakableProxy(storage.url);
    const database = openDatabase(proxy.url, { applicationName, max: 2 });
    onTestFinished(async () => {
      await database.close();
      await proxy.close();
    });
    const writer = createLogWriter({ database, notifier: createNotifier(database) });
    const hold = await writer.takeOver(log);
    const release = await stallCommits(log);
    const append = sampleAppend(hold, { records: sampleRecords(3), offsets: [source(0, 1)] });
    const outcome = codeOf(writer.append(append));
    await waitsForLock(applicationName);
    return { proxy, writer, append, outcome, release, applicationName };
  };

  test("the read-back waits for the backend that is still committing, where a plain read would say no", async () => {
    const log = freshLog();
    const { proxy, writer, append, outcome, release } = await slowCommit(log);
    proxy.cutClients();
    expect(await outcome).toBe("commit_unknown");
    const reader = createLogReader({ database: storage.database });
    expect(await reader.head(log)).toMatchObject({ position: 0 });
    const readBack = writer.wasCommitted(append);
    await waitsForLock("finality read-back");
    expect(await reader.head(log)).toMatchObject({ position: 0 });
    await release();
    expect(await readBack).toBe(true);
    expect(await reader.read(log, 0, 10)).toHaveLength(3);
  });

  test("a backend that ended before its commit left nothing", async () => {
    const log = freshLog();
    const { writer, append, outcome, release, applicationName } = await slowCommit(log);
    await storage.database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'", [applicationName]);
    expect(await outcome).toBe("commit_unknown");
    await release();
    expect(await writer.wasCommitted(append)).toBe(false);
    expect(await codeOf(writer.append(append))).toBe("done");
    expect(await writer.wasCommitted(append)).toBe(true);
  });

  test.each([
    ["goes on to commit it", true],
    ["ends before it commits", false],
  ])("a process that was killed amid an append leaves all of it or nothing: PostgreSQL %s", async (_name, commits) => {
    const log = freshLog();
    const applicationName = `killed ${log}`;
    await newWriter().takeOver(log);
    const release = await stallCommits(log);
    const child = spawn(process.execPath, [join(import.meta.dirname, "test-support/appending-process.ts"), storage.url, log, applicationName], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let said = "";
    child.stdout.on("data", (text) => { said += String(text); });
    await waitsForLock(applicationName);
    child.kill("SIGKILL");
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    // The backend does not know that its client is gone: it still holds the head, and who takes over waits for it.
    const next = openDatabase(storage.url, { applicationName: `heir of ${log}`, max: 2 });
    onTestFinished(() => next.close());
    const heir = createLogWriter({ database: next, notifier: createNotifier(next) });
    const takeover = heir.takeOver(log);
    await waitsForLock(`heir of ${log}`);
    if (!commits) await storage.database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [applicationName]);
    await release();
    const hold = await takeover;
    expect(hold).toMatchObject(commits ? { epoch: 3, position: 3, offsets: [{ nextOffset: 1 }] } : { epoch: 3, position: 0, offsets: [] });
    expect(said).toBe("");
    await heir.append(sampleAppend(hold));
    expect(await verifyHashes(createLogReader({ database: storage.database }), log)).toEqual({ records: hold.position + 2, firstDifference: undefined });
  });

  test("an append of offsets only is read back by its offsets; a newer epoch says fenced", async () => {
    const [log, writer] = [freshLog(), newWriter()];
    const hold = await writer.takeOver(log);
    const append = sampleAppend(hold, { records: [], offsets: [source(0, 1)] });
    expect(await writer.wasCommitted(append)).toBe(false);
    await writer.append(append);
    expect(await writer.wasCommitted(append)).toBe(true);
    await newWriter().takeOver(log);
    expect(await codeOf(writer.wasCommitted(append))).toBe("fenced");
  });
});

describe("readers", () => {
  test("miss nothing of a slow append and wait for nobody: not for it, nor for what is open in another database or in this one", async () => {
    const [log, other] = [freshLog(), freshLog()];
    const elsewhere = await testDatabase();
    onTestFinished(() => elsewhere.dispose());
    // Both have a transaction id that is older than all that follow.
    const holders = [elsewhere.database, storage.database].map((database) => {
      const end = Promise.withResolvers<undefined>();
      const begun = Promise.withResolvers<undefined>();
      const open = database.transaction(async (client) => {
        await client.query("SELECT pg_current_xact_id()");
        begun.resolve(undefined);
        await end.promise;
      });
      return { begun: begun.promise, end: async (): Promise<void> => { end.resolve(undefined); await open; } };
    });
    onTestFinished(async () => { await Promise.all(holders.map(({ end }) => end())); });
    await Promise.all(holders.map(({ begun }) => begun));

    const [slow, fast, reader] = [newWriter(), newWriter(), createLogReader({ database: storage.database, listening: false, pollMs: 20 })];
    const [slowHold, fastHold] = [await slow.takeOver(log), await fast.takeOver(other)];
    const stop = new AbortController();
    const seen = new Map<string, number[]>([[log, []], [other, []]]);
    const following = [...seen].map(async ([each, positions]) => {
      for await (const records of reader.follow(each, 0, stop.signal)) positions.push(...records.map(({ position }) => position));
    });
    const release = await stallCommits(log);
    const appending = slow.append(sampleAppend(slowHold));
    await waitsForLock("finality test");
    // Another log's transaction is later and commits first.
    await fast.append(sampleAppend(fastHold));
    await eventually(() => seen.get(other)?.length === 2);
    expect(await reader.read(log, 0, 10)).toEqual([]);
    expect(seen.get(log)).toEqual([]);
    await release();
    await appending;
    await slow.append(sampleAppend({ ...slowHold, position: 2, recordedUs: startUs + 1 }));
    await eventually(() => seen.get(log)?.length === 4);
    expect([...seen.values()]).toEqual([[1, 2, 3, 4], [1, 2]]);
    stop.abort();
    await Promise.all(following);
  });
});

describe("the record table is insert-only, for its owner too", () => {
  test.each(["UPDATE event_log.record SET type = 'x'", "DELETE FROM event_log.record", "TRUNCATE event_log.record"])("%s", async (statement) => {
    const [log, writer] = [freshLog(), newWriter()];
    await writer.append(sampleAppend(await writer.takeOver(log)));
    const before = await stateOf(log);
    await expect(storage.database.query(statement)).rejects.toThrow("event_log.record is insert-only");
    expect(await stateOf(log)).toEqual(before);
  });
});
