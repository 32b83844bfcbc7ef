import { ArchiveError } from "@finality/archive";
import { BusError } from "@finality/bus";
import { ContractsError } from "@finality/contracts";
import { DatabaseError } from "@finality/database";
import { EventLogError } from "@finality/event-log";
import { HistoryError } from "@finality/history";
import { ReadModelError } from "@finality/read-models";
import { RuntimeError } from "@finality/runtime";
import { TransparencyError } from "@finality/transparency";
import { expect, test } from "vitest";
import { CliError, exitCodeOf } from "./exit-codes.ts";

test.each([
  [new HistoryError("state_hash_mismatch", "…"), 6],
  [new HistoryError("record_unfoldable", "…"), 5],
  [new HistoryError("not_in_log", "…"), 3],
  [new HistoryError("not_attested", "…"), 3],
  [new HistoryError("bad_proof", "…"), 6],
  [new ArchiveError("diverged", "…"), 4],
  [new ArchiveError("corrupt", "…"), 5],
  [new EventLogError("conflict", "…"), 4],
  [new EventLogError("commit_unknown", "…"), 69],
  [new EventLogError("archived", "…"), 3],
  [new EventLogError("bad_export", "…"), 5],
  [new ContractsError("unknown_version", "…"), 5],
  [new TransparencyError("bad_tile", "…"), 6],
  [new CliError("usage", "…"), 2],
  [new Error("of nobody's"), 1],
  [new DatabaseError("folder_in_use", "…"), 4],
  [new DatabaseError("statement", "…"), 1],
  [new DatabaseError("connection", "…"), 69],
  [new BusError("unavailable", "…"), 69],
  [new ReadModelError("no_version", "…"), 3],
  [new RuntimeError("bad_settings", "…"), 2],
  [Object.assign(new Error("of somebody else's"), { name: "toString", code: "toString" }), 1],
])("%o ends with its code", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
