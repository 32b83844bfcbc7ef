import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { printData, printJson } from "../output.ts";
import { describeDifference } from "../replay/describe-difference.ts";
import { foldRecords, type LogSummary } from "../replay/fold-records.ts";
import { checkedByOthers } from "../replay/other-release.ts";
import { namedLogs, sourceOf, type ReplaySource, type SourceOptions } from "../replay/replay-source.ts";
import { uncheckedRanges, type Verdict, type VerifiedRange } from "../replay/verdict.ts";
import { verificationOf } from "../replay/verification.ts";
import { storedRecords, verifyLog, type Positions } from "../replay/verify-log.ts";
import { progressBar } from "../terminal/progress.ts";
import { logsOf, withData, type DataOptions } from "./with-data.ts";

type HashOptions = DataOptions & { readonly log?: string; readonly json?: true };
type VerifyOptions = SourceOptions & Positions & { readonly log?: string; readonly release?: readonly string[]; readonly quiet?: true; readonly json?: true };

/** Recomputes every decision and every hash; exit 6 when something does not agree or could not be checked. */
export const runReplayVerify = async (config: Config, options: VerifyOptions): Promise<ExitCode> => {
  const source = await sourceOf(config, options);
  try {
    const logs = await namedLogs(source, options.log);
    if (logs.length > 1 && (options.from !== undefined || options.to !== undefined)) throw new CliError("usage", `Positions are of one log, and there are ${logs.join(", ")}: name one with --log.`);
    const verdicts: Verdict[] = [];
    for (const log of logs) verdicts.push(await verified(config, source, log, options));
    const verification = verificationOf(verdicts);
    if (options.json === true) printJson(verification);
    else printData(describeVerdicts(verdicts));
    return verification.ok ? exitCodes.ok : exitCodes.findings;
  } finally {
    await source.close();
  }
};

const verified = async (config: Config, source: ReplaySource, log: string, { release = [], file, quiet, from, to }: VerifyOptions): Promise<Verdict> => {
  const positions: Positions = { from, to };
  const head = (await source.head(log))?.position ?? 0;
  if ((from ?? 1) > (to ?? head) || (to ?? head) > head) throw new CliError("validation", `Log ${log} holds positions 1 to ${String(head)}; --from ${String(from ?? 1)} --to ${String(to ?? head)} is no stretch of it.`);
  const progress = progressBar({ log, from: from ?? 1, to: to ?? head }, { on: config.terminal && quiet !== true });
  const verdict = await verifyLog(source, log, progress.show, positions);
  progress.end();
  return checkedByOthers({ config, source, releases: release, file, positions }, verdict);
};

const rangeOf = ({ from, to }: VerifiedRange): string => `positions ${String(from)} to ${String(to)}`;

const describeVerdicts = (verdicts: readonly Verdict[]): string => {
  const { ok, records, decisions, semantics } = verificationOf(verdicts);
  const lines = verdicts.flatMap(({ firstDifference }) => (firstDifference === undefined ? [] : [describeDifference(firstDifference)]));
  for (const verdict of verdicts) {
    for (const range of uncheckedRanges(verdict)) lines.push(`${range.log}: ${rangeOf(range)} have semantics ${String(range.semantics)}, which this release (semantics ${String(semantics)}) cannot judge: unpack one that can, and name its folder with --release.`);
    for (const range of verdict.ranges) if (range.checkedBy !== null && range.checkedBy !== "this release") lines.push(`${range.log}: ${rangeOf(range)}, semantics ${String(range.semantics)}, were checked by the release in ${range.checkedBy.release}.`);
  }
  if (ok) lines.push(`ok: ${String(records)} records, ${String(decisions)} decisions; every hash and every decision was recomputed and agrees.`);
  return lines.join("\n");
};

/** The hashes that two runs of one day must agree on. */
export const runReplayHash = (config: Config, options: HashOptions): Promise<void> =>
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
