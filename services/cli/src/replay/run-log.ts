import { canonicalJson, type StoredRecord } from "@finality/contracts";
import { evolve, judge, stateHash, type DecisionFace, type EngineState } from "@finality/engine";
import { recordChunks } from "@finality/event-log";
import { contentHash, sha256 } from "@finality/transparency";
import type { ProgressAt } from "../terminal/progress.ts";
import { groupsOf, ticksIn, type Group } from "./log-groups.ts";
import type { Pace } from "./pace.ts";
import { comparePair, pairDecisions, type Comparison } from "./pair-decisions.ts";
import type { ReplaySource } from "./replay-source.ts";
import { noCounts, runFormat, type RunCounts, type RunDocument, type RunPlan } from "./run-document.ts";
import type { RunFolder, RunPlace } from "./run-folder.ts";
import { runningHash, type RunningHash } from "./running-hash.ts";

export type RunDeps = {
  readonly source: ReplaySource;
  readonly folder: RunFolder;
  readonly signal: AbortSignal;
  readonly progress: (at: ProgressAt) => void;
  readonly pace: Pace | undefined;
  /** For people: what is not as it should be. */
  readonly say: (text: string) => void;
};

/** Undefined where the signal came before the end; then the folder holds what is needed to go on. */
export type RunEnd = { readonly position: number; readonly document: RunDocument | undefined };

type Standing = { readonly state: EngineState; counts: RunCounts; leafHash: string; readonly logHash: RunningHash; readonly decisionsHash: RunningHash };

/** Seconds between two keepings, and at least so many times as long as a keeping takes. */
const [keepEveryMs, keepShare] = [5_000, 20];

const startAt = async ({ source, folder, say }: RunDeps): Promise<Standing> => {
  const { plan, unfinished } = folder;
  const usable = typeof unfinished === "object" ? await confirmed(source, plan.log, unfinished.place) : unfinished;
  if (typeof usable === "string") say(`${folder.path} cannot be gone on with (${usable}): the run starts over.`);
  if (typeof unfinished === "object" && usable === undefined) {
    const { place, state } = unfinished;
    const [logHash, decisionsHash] = [runningHash(place.logHash), runningHash(place.decisionsHash)];
    if (logHash !== undefined && decisionsHash !== undefined) say(`${folder.path} is gone on with behind position ${String(place.position)}.`);
    if (logHash !== undefined && decisionsHash !== undefined) return { state, counts: place.counts, leafHash: place.leafHash, logHash, decisionsHash };
  }
  await folder.restart();
  const [logHash, decisionsHash] = [runningHash(), runningHash()];
  if (logHash === undefined || decisionsHash === undefined) throw new Error("Invariant: a fresh hash needs nothing that was saved.");
  return { state: await source.stateAt(plan.log, plan.from - 1), counts: noCounts, leafHash: "", logHash, decisionsHash };
};

/** In words, why the log is not the one that the run was begun on. */
const confirmed = async (source: ReplaySource, log: string, { position, leafHash }: RunPlace): Promise<string | undefined> => {
  const [record] = await source.read(log, position - 1, 1);
  return record !== undefined && Buffer.from(record.leafHash).toString("hex") === leafHash ? undefined : `the log holds another record at position ${String(position)}`;
};

/** Folds the plan's stretch of the log, or goes on where it was left, and writes down what this release would decide behind each input. */
export const runLog = async (deps: RunDeps): Promise<RunEnd> => {
  const { source, folder, signal, pace } = deps;
  const { plan } = folder;
  const standing = await startAt(deps);
  const { state } = standing;
  const head = (await source.head(plan.log))?.position ?? 0;
  const before = standing.counts;
  const keeping = keeper(folder, standing);
  const chunks = recordChunks(source, { log: plan.log, after: state.facts.position, to: head });
  for await (const groups of groupsOf(chunks, (orphan) => { evolve(state, orphan); })) {
    let lines = "";
    for (const group of groups) {
      if (group.input.position > plan.to) return { position: state.facts.position, document: await finish(deps, plan, standing, lines) };
      if (pace !== undefined) {
        await folder.append(lines);
        lines = "";
        await pace(group.input.recordedTimeUs);
      }
      if (signal.aborted) break;
      lines += take(standing, group);
    }
    await folder.append(lines);
    deps.progress({ position: state.facts.position, records: standing.counts.records - before.records, ticks: standing.counts.ticks - before.ticks });
    if (signal.aborted) break;
    await keeping.ifDue();
  }
  if (signal.aborted && state.facts.position < plan.to) {
    await keeping.now();
    return { position: state.facts.position, document: undefined };
  }
  return { position: state.facts.position, document: await finish(deps, plan, standing, "") };
};

const finish = async ({ folder }: RunDeps, plan: RunPlan, { state, counts, logHash, decisionsHash }: Standing, lines: string): Promise<RunDocument> => {
  await folder.append(lines);
  return folder.finish({ format: runFormat, ...plan, end: state.facts.position, counts, logHash: logHash.digest(), decisionsHash: decisionsHash.digest(), stateHash: stateHash(state, sha256) });
};

const keeper = (folder: RunFolder, standing: Standing): { now(): Promise<void>; ifDue(): Promise<void> } => {
  let [dueMs, begunMs] = [performance.now() + keepEveryMs, 0];
  const now = async (): Promise<void> => {
    const { state, counts, leafHash, logHash, decisionsHash } = standing;
    if (leafHash === "") return;
    begunMs = performance.now();
    await folder.keep({ position: state.facts.position, leafHash, counts, logHash: logHash.saved(), decisionsHash: decisionsHash.saved() }, state);
    dueMs = performance.now() + Math.max(keepEveryMs, keepShare * (performance.now() - begunMs));
  };
  return { now, ifDue: async () => { if (performance.now() >= dueMs) await now(); } };
};

const counted: Readonly<Record<Comparison["kind"], keyof RunCounts>> = { same: "same", different: "different", only_a: "onlyRecorded", only_b: "onlyOwn", other_semantics: "otherSemantics" };

/** Folds one group and returns the lines of what this release decides behind its input. */
const take = (standing: Standing, group: Group): string => {
  const { input, decisions, stored } = group;
  const own = judge(standing.state, group, sha256);
  const { counts } = standing;
  const next = { ...counts, records: counts.records + stored.length, ticks: counts.ticks + ticksIn(group), decisions: counts.decisions + decisions.length, ownDecisions: counts.ownDecisions + own.length };
  if (input.type === "FillRecorded") next.fills += 1;
  let lines = "";
  if (own.length > 0 || decisions.length > 0) {
    const pairs = pairDecisions(decisions, own);
    for (const pair of pairs) next[counted[comparePair(pair).kind]] += 1;
    for (const decision of own) lines += lineOf(input.position, pairs.find(({ b }) => b === decision)?.a?.position ?? null, decision);
  }
  standing.counts = next;
  hashAll(standing, stored);
  return lines;
};

const hashAll = (standing: Standing, stored: readonly StoredRecord[]): void => {
  for (const [index, record] of stored.entries()) {
    const hash = contentHash(record);
    standing.logHash.update(hash);
    if (index > 0) standing.decisionsHash.update(hash);
    standing.leafHash = Buffer.from(record.leafHash).toString("hex");
  }
};

/** Canonical, so that equal decisions of two releases are equal bytes. `recorded` is the position of the decision recorded in its place. */
const lineOf = (input: number, recorded: number | null, { type, recordedTimeUs, body }: DecisionFace): string => `${Buffer.from(canonicalJson({ input, recorded, type, recordedTimeUs, body })).toString("utf8")}\n`;
