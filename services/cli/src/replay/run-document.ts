import { readFileSync } from "node:fs";
import type { SourceKind } from "./replay-source.ts";

export const runFormat = "finality-replay-run/1";

/** What a run was asked for; a run is gone on with only by the same. */
export type RunPlan = {
  readonly log: string;
  readonly generation: number;
  /** Positions: inputs from `from` to `to`, with their decisions. */
  readonly from: number;
  readonly to: number;
  readonly source: SourceKind | "file";
  readonly semantics: number;
  readonly build: string;
};

export type RunCounts = {
  readonly records: number;
  readonly ticks: number;
  readonly fills: number;
  /** Recorded in the log. */
  readonly decisions: number;
  /** Of this release on the recorded state. */
  readonly ownDecisions: number;
  readonly same: number;
  readonly different: number;
  /** Recorded, but not decided by this release; and the other way round. */
  readonly onlyRecorded: number;
  readonly onlyOwn: number;
  /** Hashes of the state by other semantics, which are not compared. */
  readonly otherSemantics: number;
};

export const noCounts: RunCounts = { records: 0, ticks: 0, fills: 0, decisions: 0, ownDecisions: 0, same: 0, different: 0, onlyRecorded: 0, onlyOwn: 0, otherSemantics: 0 };

/** `run.json`. Hashes are lower-case hex SHA-256. */
export type RunDocument = RunPlan & {
  readonly format: typeof runFormat;
  /** Of the last folded record: behind the last input up to `to` come its decisions. */
  readonly end: number;
  readonly counts: RunCounts;
  /** Over the content hashes of the folded records; of a run from position 1 to the head what `replay hash` prints. */
  readonly logHash: string;
  /** The same over the recorded decisions. */
  readonly decisionsHash: string;
  /** Of the engine's state at the end: recorded decisions applied. */
  readonly stateHash: string;
  /** Of decisions.jsonl: equal for two releases that decide the same. */
  readonly ownDecisionsHash: string;
};

/** Names the running release, as the house does in the provenance of its records. */
export const releaseBuild = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const version: unknown = typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "version") : undefined;
  return `finality ${String(version)}`;
};
