import { expect, test } from "vitest";
import { startupError } from "./embedded/cluster.ts";
import { DatabaseError, isDefiniteRefusal, placeOf, toDatabaseError } from "./errors.ts";
import { parseInt8 } from "./value-types.ts";

test("a place names host, port and database, never the password", () => {
  expect(placeOf("postgres://someone:hidden@db.example:6000/desk")).toBe("db.example:6000/desk");
  expect(placeOf("postgres://db.example/desk")).toBe("db.example:5432/desk");
  expect(placeOf("hidden")).not.toContain("hidden");
});

test("an unknown error is a lost connection and keeps its cause", () => {
  const cause = new Error("socket hang up");
  const error = toDatabaseError(cause, "127.0.0.1:1/desk");
  expect(error).toMatchObject({ code: "connection", cause });
  expect(error.message).toContain("127.0.0.1:1/desk");
  expect(error.message).toContain("socket hang up");
  expect(toDatabaseError(error, "elsewhere")).toBe(error);
});

test("only an answer of the server is a definite refusal", () => {
  expect(isDefiniteRefusal(new DatabaseError("constraint", "no", { sqlState: "23505" }))).toBe(true);
  expect(isDefiniteRefusal(new DatabaseError("connection", "gone", { sqlState: "57P01" }))).toBe(false);
  expect(isDefiniteRefusal(new DatabaseError("connection", "gone"))).toBe(false);
  expect(isDefiniteRefusal(new Error("gone"))).toBe(false);
});

test("what PostgreSQL wrote before it gave up becomes one sentence", () => {
  expect(startupError('FATAL:  could not write lock file "postmaster.pid": No space left on device', "/data")).toMatchObject({ code: "disk_full" });
  const initdb = 'FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.\nPANIC:  cannot abort transaction 1';
  expect(startupError(initdb, "/data")).toMatchObject({ code: "disk_full" });
  expect(startupError("initdb: error: could not create directory: Permission denied", "/data")).toMatchObject({ code: "permission" });
  const other = startupError("LOG:  starting\nFATAL:  database files are incompatible with server\nDETAIL:  version 17", "/data");
  expect(other).toMatchObject({ code: "startup" });
  expect(other.message).toContain("database files are incompatible with server");
});

test("an int8 is a number up to 2^53 - 1 and refused beyond", () => {
  expect(parseInt8("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  expect(parseInt8("-9007199254740991")).toBe(Number.MIN_SAFE_INTEGER);
  expect(() => parseInt8("9007199254740992")).toThrow("9007199254740992");
});
