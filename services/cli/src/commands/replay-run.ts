import { join, resolve } from "node:path";
import { semantics } from "@finality/engine";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { interruption } from "../house/interruption.ts";
import { money, printData, printJson, say } from "../output.ts";
import { paceOf } from "../replay/pace.ts";
import { namedLog, sourceOf, type ReplaySource, type SourceOptions } from "../replay/replay-source.ts";
import { releaseBuild, type RunDocument } from "../replay/run-document.ts";
import { openRunFolder, type RunFolder, type WantedRun } from "../replay/run-folder.ts";
import { runLog } from "../replay/run-log.ts";
import { progressBar } from "../terminal/progress.ts";

type RunOptions = SourceOptions & {
  readonly log?: string;
  readonly from?: number;
  readonly to?: number;
  readonly speed: number | "max";
  readonly out?: string;
  readonly quiet?: true;
  readonly json?: true;
};

/** Long enough for a large state to be written down. */
const patienceMs = 60_000;

/** Folds a recorded log and writes down what this release would decide on it. */
export const runReplayRun = async (config: Config, options: RunOptions): Promise<ExitCode> => {
  const source = await sourceOf(config, options);
  try {
    const wanted = await wantedRun(source, options);
    const path = resolve(options.out ?? join(source.ownFolder, "runs", `${wanted.log}-${stamp()}`));
    const folder = await openRunFolder(path, wanted);
    try {
      return await run(config, options, source, folder);
    } finally {
      await folder.close();
    }
  } finally {
    await source.close();
  }
};

/** Names a folder; stands in none of its files. */
const stamp = (): string => new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");

const wantedRun = async (source: ReplaySource, options: RunOptions): Promise<WantedRun> => {
  const log = await namedLog(source, options.log);
  const head = await source.head(log);
  const { from = 1, to = head?.position ?? 0 } = options;
  if (head === undefined || from > to || to > head.position) throw new CliError("validation", `Log ${log} holds positions 1 to ${String(head?.position ?? 0)}; --from ${String(from)} --to ${String(to)} is no stretch of it.`);
  return { log, generation: head.generation, from, to, source: source.kind, semantics, build: releaseBuild(), toHead: options.to === undefined };
};

const run = async (config: Config, options: RunOptions, source: ReplaySource, folder: RunFolder): Promise<ExitCode> => {
  if (folder.document !== undefined) say(`${folder.path} holds this run, finished.`);
  const document = folder.document ?? (await runToEnd(config, options, source, folder));
  if (document === undefined) return exitCodes.interrupted;
  if (options.json === true) printJson({ folder: folder.path, ...document });
  else printData(describeRun(document, folder.path));
  return exitCodes.ok;
};

/** Undefined when it was interrupted. */
const runToEnd = async (config: Config, { speed, quiet }: RunOptions, source: ReplaySource, folder: RunFolder): Promise<RunDocument | undefined> => {
  const interrupted = interruption(patienceMs);
  const progress = progressBar(folder.plan, { on: config.terminal && quiet !== true });
  try {
    say(`${folder.plan.log}, positions ${String(folder.plan.from)} to ${String(folder.plan.to)}, into ${folder.path}`);
    const { signal } = interrupted;
    const { position, document } = await runLog({ source, folder, signal, progress: progress.show, pace: paceOf(speed, signal), say });
    progress.end();
    if (document === undefined) say(`Interrupted behind position ${String(position)} of ${String(folder.plan.to)}. The same command with --out ${folder.path} goes on there.`);
    return document;
  } finally {
    interrupted.done();
  }
};

const describeRun = ({ log, generation, from, end, semantics: meaning, build, counts, logHash, decisionsHash, stateHash, ownDecisionsHash }: RunDocument, path: string): string =>
  [
    `log ${log}, generation ${String(generation)}, positions ${String(from)} to ${String(end)}, folded by ${build}, semantics ${String(meaning)}: ${money(counts.records)} records, ${money(counts.ticks)} ticks, ${money(counts.fills)} fills`,
    `  decisions           ${money(counts.decisions)} recorded, ${money(counts.ownDecisions)} by this release on the recorded state`,
    `                      ${money(counts.same)} the same, ${money(counts.different)} different, ${money(counts.onlyRecorded)} only recorded, ${money(counts.onlyOwn)} only by this release${counts.otherSemantics === 0 ? "" : `, ${money(counts.otherSemantics)} state hashes of other semantics not compared`}`,
    `  log hash            ${logHash}`,
    `  decisions hash      ${decisionsHash}`,
    `  state hash          ${stateHash}`,
    `  own decisions hash  ${ownDecisionsHash}`,
    `  in                  ${path}`,
  ].join("\n");
