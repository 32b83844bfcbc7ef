import type { Judgement, Rule, Sources } from "./rule.ts";
import type { Table } from "./table.ts";

type Verdict = "pass" | "falls short" | "not built yet" | "does not apply" | "unknown";

/** What `pnpm accuracy` says of one table. */
export type TableResult = {
  readonly table: string;
  readonly verdict: Verdict;
  readonly rows: number;
  readonly rowsThatApply: number;
  /** Largest error as a multiple of its tolerance; null where nothing was evaluated. */
  readonly worst: number | null;
  /** The comparison with the largest error. */
  readonly offender: { readonly what: string; readonly gave: string; readonly expected: string; readonly inputs: string } | null;
  /** Why it was not evaluated, or the error that evaluating it threw. */
  readonly reason: string | null;
};

const offenderOf = (judgement: Judgement | undefined): TableResult["offender"] =>
  judgement === undefined ? null : { what: judgement.what, gave: judgement.gave, expected: judgement.expected, inputs: judgement.row.shown };

const judged = (table: Table, judgements: Iterable<Judgement>): TableResult => {
  const rows = new Set<unknown>();
  let worst: Judgement | undefined;
  for (const judgement of judgements) {
    rows.add(judgement.row);
    if (worst === undefined || judgement.multiple > worst.multiple) worst = judgement;
  }
  const result = { table: table.name, rows: table.rows.length, rowsThatApply: rows.size, worst: worst?.multiple ?? null, offender: offenderOf(worst) };
  // A table of which no row could be judged has proved nothing.
  if (worst === undefined) return { ...result, verdict: "falls short", reason: "no row applies" };
  return { ...result, verdict: worst.multiple <= 1 ? "pass" : "falls short", reason: null };
};

/** Evaluates one table by its rule. An exception inside a rule is a table that falls short, with the error as its reason. */
export const evaluateTable = (table: Table, rule: Rule | undefined, sources: Sources): TableResult => {
  const nothing = { table: table.name, rows: table.rows.length, rowsThatApply: 0, worst: null, offender: null };
  if (rule === undefined) return { ...nothing, verdict: "unknown", reason: "no rule says what this table asks for" };
  if (rule.kind !== "evaluate") return { ...nothing, verdict: rule.kind, reason: rule.reason };
  try {
    return judged(table, rule.judge(table, sources));
  } catch (error) {
    return { ...nothing, verdict: "falls short", reason: error instanceof Error ? error.message : String(error) };
  }
};
