import type { StoredRecord } from "@finality/contracts";
import { DatabaseError } from "@finality/database";
import { evolve, semantics, verifyStep, type EngineState } from "@finality/engine";
import { EventLogError, recordChunks } from "@finality/event-log";
import type { LogSource } from "@finality/history";
import { sha256 } from "@finality/transparency";
import { CliError } from "../exit-codes.ts";
import type { ProgressAt } from "../terminal/progress.ts";
import { describedDifference } from "./decision-difference.ts";
import { leafCheck, type LeafCheck } from "./leaf-check.ts";
import { groupsOf, ticksIn, UnreadableRecord, type Group } from "./log-groups.ts";
import { foldedFromTheFirst, type ReplaySource } from "./replay-source.ts";
import type { Verdict, VerifiedRange, VerifyDifference } from "./verdict.ts";

type Source = LogSource & Partial<Pick<ReplaySource, "stateAt">>;

/** Inputs from `from` to `to`, with their decisions; the whole log where absent. */
export type Positions = { readonly from?: number | undefined; readonly to?: number | undefined };

/**
 * Recomputes every hash from the stored bytes, and every decision from its recorded inputs. A changed decision is named by its field with
 * both values; a changed input by both leaf hashes: what was decided from it would differ too, but the input is what was changed. Ranges
 * of other semantics are folded and named; what this release can judge behind them is judged.
 */
export const verifyLog = async (source: Source, log: string, progress: (at: ProgressAt) => void, { from = 1, to }: Positions = {}): Promise<Verdict> => {
  const head = await source.head(log);
  const end = head?.position ?? 0;
  const state = await (source.stateAt?.(log, from - 1) ?? foldedFromTheFirst(source, log, from - 1));
  const check = leafCheck(log);
  const judged = judging(state, check);
  try {
    const chunks = checked(check, recordChunks(source, { log, after: from - 1, to: end }));
    for await (const groups of groupsOf(chunks, (orphan) => { evolve(state, orphan); })) {
      for (const group of groups) if (group.input.position > (to ?? end) || !judged.take(group)) return judged.verdict();
      progress(judged.at());
    }
  } catch (error) {
    // Neither a database that is away nor an archive that was not named says anything about the log.
    if (error instanceof DatabaseError || error instanceof CliError || (error instanceof EventLogError && error.code === "archived")) throw error;
    const position = error instanceof UnreadableRecord ? error.position : judged.at().position + 1;
    return judged.verdict({ log, kind: "unreadable", position, error: error instanceof Error ? error.message : String(error) });
  }
  return judged.verdict(from === 1 && head !== undefined ? check.compareRoot(head) : undefined);
};

async function* checked(check: LeafCheck, chunks: AsyncIterable<readonly StoredRecord[]>): AsyncGenerator<readonly StoredRecord[], void, void> {
  for await (const records of chunks) {
    check.add(records);
    yield records;
  }
}

/** A log's records from the first one to `head`. */
export async function* storedRecords(source: Pick<LogSource, "read">, log: string, head: number): AsyncGenerator<StoredRecord, void, void> {
  for await (const records of recordChunks(source, { log, after: 0, to: head })) yield* records;
}

type Judging = {
  /** False where the log and its recomputation part. */
  take(group: Group): boolean;
  /** Behind the last input whose decisions agree. */
  at(): ProgressAt;
  verdict(end?: VerifyDifference): Verdict;
};

/** In force behind an input: two inputs say so themselves. */
const semanticsBehind = (state: EngineState, { input }: Group): number =>
  input.type === "LogOpened" || input.type === "WriterStarted" ? input.body.semantics : state.facts.semantics;

const judging = (state: EngineState, check: LeafCheck): Judging => {
  const { log } = state.facts;
  const ranges: VerifiedRange[] = [];
  let [records, decisions, ticks] = [0, 0, 0];
  let agreed = state.facts.position;
  let firstDifference: VerifyDifference | undefined;

  const count = (group: Group, meaning: number): void => {
    records += group.stored.length;
    decisions += group.decisions.length;
    ticks += ticksIn(group);
    const [last, to] = [ranges.at(-1), group.input.position + group.decisions.length];
    if (last?.semantics === meaning) ranges[ranges.length - 1] = { ...last, to };
    else ranges.push({ log, from: group.input.position, to, semantics: meaning, checkedBy: meaning === semantics ? "this release" : null });
  };
  /** A changed record is the difference, unless something at or before it differs. */
  const orLeafBefore = (difference: VerifyDifference): VerifyDifference =>
    check.difference !== undefined && check.difference.position < difference.position ? check.difference : difference;

  const leafUpTo = (position: number): VerifyDifference | undefined =>
    check.difference !== undefined && check.difference.position <= position ? check.difference : undefined;

  const recompute = (group: Group): VerifyDifference | undefined => {
    const difference = verifyStep(state, group, sha256);
    return difference === undefined ? undefined : orLeafBefore(describedDifference(state, group, difference));
  };
  return {
    take: (group) => {
      const meaning = semanticsBehind(state, group);
      const end = group.input.position + group.decisions.length;
      count(group, meaning);
      if (meaning === semantics) firstDifference = recompute(group);
      else for (const record of [group.input, ...group.decisions]) evolve(state, record);
      firstDifference ??= leafUpTo(end);
      if (firstDifference !== undefined) return false;
      agreed = end;
      return true;
    },
    at: () => ({ position: agreed, records, ticks }),
    verdict: (end) => {
      const first = firstDifference ?? (end === undefined ? undefined : orLeafBefore(end));
      return { log, records, decisions, ranges, ...(first === undefined ? {} : { firstDifference: first }) };
    },
  };
};
