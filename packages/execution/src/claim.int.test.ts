import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claim } from "./claim.ts";
import { halt, resume } from "./halts.ts";
import { openAttempts, settle } from "./settle.ts";
import { withdrawUnsent } from "./withdraw.ts";
import { attemptOf, command, openLog, outboxOf, second, setLogTime, startUs } from "./testing/stored-log.ts";

let shared: TestDatabase;
let logs = 0;
/** A log of its own for a test. */
const newLog = async (clock: "data" | "live" = "data"): Promise<string> => {
  logs += 1;
  await openLog(shared.database, `LOG${String(logs)}`, clock);
  return `LOG${String(logs)}`;
};
const claimOf = (commandId: string, executor = "one") => claim(shared.database, { commandId, executor, sendWithinMs: 1_000 });
const actor = "test";

beforeAll(async () => {
  shared = await testDatabase({ max: 20 });
});
afterAll(async () => {
  await shared.dispose();
});

describe("a claim (rule 20)", () => {
  test("is given once, however many ask at once", async () => {
    const id = await command(shared.database, await newLog(), 7);
    const claims = await Promise.all(Array.from({ length: 12 }, (_, n) => claimOf(id, `executor-${String(n)}`)));
    expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === "taken")).toHaveLength(11);
  });

  test("of what nobody recorded is refused (rule 21)", async () => {
    expect(await claimOf("BTC-1-99")).toEqual({ kind: "not_recorded" });
    expect(await attemptOf(shared.database, "BTC-1-99")).toBeUndefined();
  });

  test("is expired past the validity, by the log's own time in a data log, and says so", async () => {
    const log = await newLog("data");
    const [inTime, late] = [await command(shared.database, log, 7), await command(shared.database, log, 8)];
    await setLogTime(shared.database, log, startUs + 5 * second);
    expect(await claimOf(inTime)).toMatchObject({ kind: "claimed" });
    await setLogTime(shared.database, log, startUs + 5 * second + 1);
    expect(await claimOf(late)).toEqual({ kind: "refused", outcome: { state: "expired", reason: "validity_passed" } });
    expect(await attemptOf(shared.database, late)).toEqual(["expired", "validity_passed"]);
    expect(await outboxOf(shared.database, late)).toEqual([[`${late}-r1`, "expired", 1, startUs, "validity_passed"]]);
  });

  test("is expired past the validity by the wall clock in a live log", async () => {
    const log = await newLog("live");
    expect(await claimOf(await command(shared.database, log, 7))).toMatchObject({ kind: "refused", outcome: { state: "expired" } });
    expect(await claimOf(await command(shared.database, log, 8, { validUntilUs: Date.now() * 1_000 + 60 * second }))).toMatchObject({ kind: "claimed" });
  });
});

describe("a halt (rule 22)", () => {
  test.each([
    { scope: "of the book", of: (log: string) => ({ log, book: "scalper" }), covers: true },
    { scope: "of the log", of: (log: string) => ({ log }), covers: true },
    { scope: "of that book in every log", of: () => ({ book: "scalper" }), covers: true },
    { scope: "of everything", of: () => ({}), covers: true },
    { scope: "of another book", of: (log: string) => ({ log, book: "writer" }), covers: false },
    { scope: "of another log", of: () => ({ log: "OTHER" }), covers: false },
  ])("$scope is in force at once, and until it is resumed", async ({ of, covers }) => {
    const log = await newLog();
    const scope = of(log);
    await halt(shared.database, { haltId: `${log}-halt`, actor, ...scope });
    const [first, second_] = [await command(shared.database, log, 7), await command(shared.database, log, 8)];
    expect(await claimOf(first)).toMatchObject(covers ? { kind: "refused", outcome: { state: "withdrawn", reason: "halted" } } : { kind: "claimed" });
    await resume(shared.database, { haltId: `${log}-resume`, actor, ...scope });
    expect(await claimOf(second_)).toMatchObject({ kind: "claimed" });
    if (covers) expect(await outboxOf(shared.database, first)).toEqual([[`${first}-r1`, "rejected", 1, startUs, "halted"]]);
  });

  test("of a book outlives the end of a wider one; the same id again changes nothing", async () => {
    const log = await newLog();
    await halt(shared.database, { haltId: `${log}-a`, actor, log, book: "scalper" });
    await halt(shared.database, { haltId: `${log}-b`, actor, log });
    await resume(shared.database, { haltId: `${log}-c`, actor, log });
    expect(await claimOf(await command(shared.database, log, 7))).toMatchObject({ kind: "refused" });
    await resume(shared.database, { haltId: `${log}-d`, actor, log, book: "scalper" });
    await halt(shared.database, { haltId: `${log}-a`, actor, log, book: "scalper" });
    expect(await claimOf(await command(shared.database, log, 8))).toMatchObject({ kind: "claimed" });
  });

  test("answers with the orders that are still being sent, and no claim slips between answer and force", async () => {
    const log = await newLog();
    const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => command(shared.database, log, 10 + n)));
    const [answer, ...claims] = await Promise.all([halt(shared.database, { haltId: `${log}-halt`, actor, log }), ...ids.map((id) => claimOf(id))]);
    const sent = ids.filter((_, n) => claims[n]?.kind === "claimed");
    expect(answer.beingSent.map(({ commandId }) => commandId).toSorted()).toEqual(sent.toSorted());
    const open = await openAttempts(shared.database, { log });
    expect(open.map(({ commandId }) => commandId).toSorted()).toEqual(sent.toSorted());
  });
});

describe("a command that nobody claimed (rule 22)", () => {
  test("is withdrawn by a halt that covers it, reported, and claimed by nobody afterwards, also when the halt is over", async () => {
    const [log, other] = [await newLog(), await newLog()];
    const [id, writers, others] = [await command(shared.database, log, 7), await command(shared.database, log, 8, { book: "writer" }), await command(shared.database, other, 7)];
    const halted = await halt(shared.database, { haltId: `${log}-halt`, actor, log, book: "scalper" });
    expect(halted).toEqual({ withdrawn: [id], beingSent: [] });
    expect(await attemptOf(shared.database, id)).toEqual(["withdrawn", "cancelled"]);
    expect(await outboxOf(shared.database, id)).toEqual([[`${id}-r1`, "rejected", 1, startUs, "cancelled"]]);
    // The same halt again, and its end, withdraw nothing.
    expect(await halt(shared.database, { haltId: `${log}-halt`, actor, log, book: "scalper" })).toEqual({ withdrawn: [], beingSent: [] });
    await resume(shared.database, { haltId: `${log}-resume`, actor, log, book: "scalper" });
    expect(await claimOf(id)).toEqual({ kind: "taken" });
    for (const left of [writers, others]) expect(await claimOf(left)).toMatchObject({ kind: "claimed" });
  });

  test("is either sent or withdrawn when executor and halt come at the same moment, and never both", async () => {
    const log = await newLog();
    const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => command(shared.database, log, 10 + n)));
    const claiming = ids.slice(0, 15).map((id) => claimOf(id));
    const [{ withdrawn, beingSent }, ...claims] = await Promise.all([halt(shared.database, { haltId: `${log}-halt`, actor, log }), ...claiming, ...ids.slice(15).map((id) => claimOf(id))]);
    const sent = ids.filter((_, n) => claims[n]?.kind === "claimed");
    expect([...sent, ...withdrawn].toSorted()).toEqual(ids.toSorted());
    expect(beingSent.map(({ commandId }) => commandId).toSorted()).toEqual(sent.toSorted());
    for (const id of withdrawn) expect(await outboxOf(shared.database, id)).toHaveLength(1);
  });

  test("cannot be withdrawn while a session that claims it has not ended, and the other way round", async () => {
    const log = await newLog();
    const [claimed, cancelled] = [await command(shared.database, log, 7), await command(shared.database, log, 8)];
    const claimIsOpen = Promise.withResolvers<true>();
    const endClaim = Promise.withResolvers<true>();
    const claiming = shared.database.transaction(async (client) => {
      await client.query("INSERT INTO execution.attempt (command_id, account, state, executor, send_by) VALUES ($1, 'paper-scalper', 'sending', 'one', now())", [claimed]);
      claimIsOpen.resolve(true);
      await endClaim.promise;
    });
    await claimIsOpen.promise;
    const withdrawing = shared.database.transaction((client) => withdrawUnsent(client, { log, by: "test" }));
    endClaim.resolve(true);
    await claiming;
    expect(await withdrawing).toEqual([cancelled]);
    expect(await attemptOf(shared.database, claimed)).toEqual(["sending", null]);
    expect(await claimOf(cancelled)).toEqual({ kind: "taken" });
  });
});

describe("an answer", () => {
  const settled = (id: string, outcome: Parameters<typeof settle>[2]) => shared.database.transaction((client) => settle(client, id, outcome));

  test("is final: of two the first stands, and only it is reported", async () => {
    const id = await command(shared.database, await newLog(), 7);
    await claimOf(id);
    expect(await settled(id, { state: "accepted" })).toBe(true);
    expect(await settled(id, { state: "rejected", reason: "late" })).toBe(false);
    expect(await settled(id, { state: "unknown" })).toBe(false);
    expect(await attemptOf(shared.database, id)).toEqual(["accepted", null]);
    expect(await outboxOf(shared.database, id)).toEqual([[`${id}-r1`, "accepted", 1, startUs, null]]);
  });

  test("of unknown is reported once, and later resolved under the next number", async () => {
    const id = await command(shared.database, await newLog(), 7);
    await claimOf(id);
    expect(await settled(id, { state: "unknown" })).toBe(true);
    expect(await settled(id, { state: "unknown" })).toBe(false);
    expect(await settled(id, { state: "withdrawn", reason: "not_accepted" })).toBe(true);
    expect(await outboxOf(shared.database, id)).toEqual([[`${id}-r1`, "unknown", 1, startUs, null], [`${id}-r2`, "rejected", 2, startUs, "not_accepted"]]);
  });

  test("given by many at once is one answer", async () => {
    const id = await command(shared.database, await newLog(), 7);
    await claimOf(id);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => settled(id, n % 2 === 0 ? { state: "accepted" } : { state: "rejected", reason: "no" })));
    expect(answers.filter((changed) => changed)).toHaveLength(1);
    expect(await outboxOf(shared.database, id)).toHaveLength(1);
  });
});
