import type { Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { printData, printJson } from "../output.ts";
import { foldRecords, type LogSummary } from "../replay/fold-records.ts";
import { storedRecords, verifyLog, type Verdict, type VerifyDifference } from "../replay/verify-log.ts";
import { logsOf, withData, type DataOptions } from "./with-data.ts";

type ReplayOptions = DataOptions & { readonly log?: string; readonly json?: true };

/** Recomputes every decision and every hash; exit 6 when something does not agree or could not be checked. */
export const runReplayVerify = (config: Config, options: ReplayOptions): Promise<ExitCode> =>
  withData(config, options, async (_folder, reader) => {
    const verdicts: Verdict[] = [];
    for (const log of await logsOf(reader, options.log)) {
      verdicts.push(await verifyLog(reader, log, showProgress(config, log)));
    }
    const first = verdicts.find((verdict) => verdict.firstDifference !== undefined)?.firstDifference;
    const unchecked = verdicts.filter((verdict) => verdict.otherSemantics !== undefined);
    const ok = first === undefined && unchecked.length === 0;
    const [records, decisions] = [sum(verdicts, (each) => each.records), sum(verdicts, (each) => each.decisions)];
    if (options.json === true) {
      printJson({ ok, records, decisions, firstDifference: first ?? null, ...(unchecked.length === 0 ? {} : { unchecked: unchecked.map(({ log, records: from, otherSemantics }) => ({ log, from, semantics: otherSemantics })) }) });
    } else {
      if (first !== undefined) printData(describe(first));
      for (const { log, records: from, otherSemantics } of unchecked) printData(`${log}: from position ${String(from)} on the log has semantics ${String(otherSemantics)}, which this release cannot judge.`);
      if (ok) printData(`ok: ${String(records)} records, ${String(decisions)} decisions; every hash and every decision was recomputed and agrees.`);
    }
    return ok ? exitCodes.ok : exitCodes.findings;
  });

/** The hashes that two runs of one day must agree on. */
export const runReplayHash = (config: Config, options: ReplayOptions): Promise<void> =>
  withData(config, options, async (_folder, reader) => {
    const logs: LogSummary[] = [];
    for (const log of await logsOf(reader, options.log)) {
      const head = (await reader.head(log))?.position ?? 0;
      logs.push(await foldRecords(log, storedRecords(reader, log, head)));
    }
    if (options.json === true) printJson({ logs });
    else printData(logs.map(describeHashes).join("\n\n"));
  });

export const describeHashes = (summary: LogSummary): string =>
  [
    `log ${summary.log}, generation ${String(summary.generation)}: ${String(summary.records)} records, ${String(summary.ticks)} ticks, ${String(summary.fills)} fills, ${String(summary.decisions)} decisions`,
    `  log hash        ${summary.logHash}`,
    `  decisions hash  ${summary.decisionsHash}`,
    `  state hash      ${summary.stateHash}`,
  ].join("\n");

const describe = (difference: VerifyDifference): string => {
  const place = `${difference.log}, position ${String(difference.position)}`;
  switch (difference.kind) {
    case "decision":
      return `DIFFERS at ${place}: ${difference.field === "" ? "the decision" : difference.field}\n  recorded    ${JSON.stringify(difference.recorded) ?? "nothing"}\n  recomputed  ${JSON.stringify(difference.recomputed) ?? "nothing"}`;
    case "leaf":
      return `CHANGED at ${place}: the record's bytes are not the ones that were hashed\n  leaf hash stored    ${difference.storedLeafHash}\n  leaf hash computed  ${difference.computedLeafHash}`;
    case "root":
      return `CHANGED up to ${place}: the records are not the ones under the head's root\n  root stored    ${difference.storedRoot}\n  root computed  ${difference.computedRoot}`;
    case "unreadable":
      return `UNREADABLE at ${place}: ${difference.error}`;
  }
};

const sum = <Item>(items: readonly Item[], value: (item: Item) => number): number => items.reduce((total, item) => total + value(item), 0);

const showProgress = (config: Config, log: string): ((position: number, head: number) => void) => {
  if (!config.terminal) return () => undefined;
  let shown = 0;
  return (position, head) => {
    if (position < head && performance.now() - shown < 200) return;
    shown = performance.now();
    process.stderr.write(`\r${log}: ${String(position)} of ${String(head)} records${position >= head ? "\n" : ""}`);
  };
};

