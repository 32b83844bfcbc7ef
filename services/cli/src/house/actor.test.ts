import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { actorReference, forgetActors, hasActorSalt } from "./actor.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "finality-actor-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("an interrupted destruction uses the salt no more, and is finished the next time, once", async () => {
  const before = actorReference(folder, "somebody");
  const salt = readFileSync(join(folder, "actor-salt"), "utf8");
  await expect(forgetActors(folder, () => Promise.reject(new Error("the database is away")))).rejects.toThrow("away");
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"))).not.toContain(salt);
  expect(hasActorSalt(folder)).toBe(true);
  expect(actorReference(folder, "somebody")).not.toBe(before);
  const noted: string[] = [];
  const forgotten = await forgetActors(folder, (saltId) => Promise.resolve(void noted.push(saltId)));
  expect(forgotten).toEqual(noted);
  expect(new Set(noted).size).toBe(2);
  expect([readdirSync(folder), hasActorSalt(folder)]).toEqual([[], false]);
});
