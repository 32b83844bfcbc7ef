import type { Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { dayOf, money, printData, printJson, timeOfDay } from "../output.ts";
import { alignmentOf, diffDecisions, type Alignment, type DecisionDiff, type Diff } from "../replay/diff-decisions.ts";
import { decisionSide, type DecisionSide } from "../replay/decision-side.ts";
import type { SourceOptions } from "../replay/replay-source.ts";

type DiffOptions = SourceOptions & { readonly align?: Alignment; readonly json?: true };

/** Compares two runs, or a run and a log, decision by decision; exit 6 when they differ. */
export const runReplayDiff = async (config: Config, names: readonly [a: string, b: string], options: DiffOptions): Promise<ExitCode> => {
  const a = await decisionSide(config, names[0], options);
  try {
    const b = await decisionSide(config, names[1], options);
    try {
      const diff = await diffDecisions(a, b, options.align ?? alignmentOf(a, b));
      if (options.json === true) printJson({ a: named(a), b: named(b), ...diff });
      else printData(describeDiff(a, b, diff));
      return diff.equal ? exitCodes.ok : exitCodes.findings;
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
};

const named = ({ name, log, generation, from, to }: DecisionSide): unknown => ({ name, log, generation, from, to });

const text = (value: unknown): string => JSON.stringify(value) ?? "nothing";

const describeOne = ({ kind, a, b, fields }: DecisionDiff): string => {
  const one = a ?? b;
  if (one === null) return "";
  const book = "book" in one.body ? ` of ${one.body.book}` : "";
  const head = `${dayOf(one.recordedTimeUs)} ${timeOfDay(one.recordedTimeUs)} UTC, behind input ${String(one.input)}: ${one.type}${book}`;
  if (kind !== "different") return `${head} only in ${kind === "only_a" ? "A" : "B"}\n  ${text(one.body)}`;
  return [head, ...fields.map(({ field, a: left, b: right }) => `  ${field}\n    A  ${text(left)}\n    B  ${text(right)}`)].join("\n");
};

const describeDiff = (a: DecisionSide, b: DecisionSide, { alignedBy, same, different, onlyA, onlyB, otherSemantics, differences, equal }: Diff): string => {
  const shown = differences.length < different + onlyA + onlyB ? [`… and ${money(different + onlyA + onlyB - differences.length)} more`] : [];
  return [
    `A  ${a.name}: log ${a.log}, generation ${String(a.generation)}, inputs ${String(a.from)} to ${String(a.to)}`,
    `B  ${b.name}: log ${b.log}, generation ${String(b.generation)}, inputs ${String(b.from)} to ${String(b.to)}`,
    ...differences.map(describeOne),
    ...shown,
    `${equal ? "ok: " : ""}${money(same)} the same, ${money(different)} different, ${money(onlyA)} only in A, ${money(onlyB)} only in B; aligned by ${alignedBy === "input" ? "input position" : "order per book"}${otherSemantics === 0 ? "" : `; ${money(otherSemantics)} state hashes of other semantics not compared`}.`,
  ].join("\n");
};
