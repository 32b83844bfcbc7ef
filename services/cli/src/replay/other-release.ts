import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exportLog } from "@finality/event-log";
import type { Config } from "../config.ts";
import { CliError, exitCodes } from "../exit-codes.ts";
import type { ReplaySource } from "./replay-source.ts";
import { parsedVerification, type Verification } from "./verification.ts";
import { uncheckedRanges, type Verdict, type VerifiedRange } from "./verdict.ts";
import type { Positions } from "./verify-log.ts";

const maxAnswerBytes = 64 * 1024 * 1024;

export type OtherReleases = {
  readonly config: Config;
  readonly source: ReplaySource;
  /** Folders that releases were unpacked in. */
  readonly releases: readonly string[];
  /** An export of the log where there is one already. */
  readonly file?: string | undefined;
  readonly positions: Positions;
};

/** Lets other releases recompute what this one cannot, on an export of the log, and merges what they say. */
export const checkedByOthers = async ({ config, source, releases, file, positions }: OtherReleases, verdict: Verdict): Promise<Verdict> => {
  if (releases.length === 0 || (uncheckedRanges(verdict).length === 0 && verdict.firstDifference?.kind !== "unreadable")) return verdict;
  const folder = await mkdtemp(join(tmpdir(), "finality-verify-"));
  try {
    const exported = file ?? (await writeExport(source, verdict.log, join(folder, "log.jsonl")));
    let merged = verdict;
    for (const release of releases) merged = withAnswer(merged, release, await ask(config, resolve(release), exported, positions));
    return merged;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const writeExport = async (source: ReplaySource, log: string, path: string): Promise<string> => {
  const output = createWriteStream(path);
  await exportLog(source, log, output);
  output.end();
  await once(output, "close");
  return path;
};

const ask = async (config: Config, release: string, file: string, { from, to }: Positions): Promise<Verification> => {
  const main = join(release, "services/cli/src/main.ts");
  if (!existsSync(main)) throw new CliError("not_found", `${release} holds no release of Finality: there is no ${main}.`);
  const positions = [...(from === undefined ? [] : ["--from", String(from)]), ...(to === undefined ? [] : ["--to", String(to)])];
  const { code, stdout, stderr } = await ran(config, [main, "replay", "verify", "--file", file, "--json", ...positions]);
  const answer = code === exitCodes.ok || code === exitCodes.findings ? parsedVerification(stdout) : undefined;
  if (answer === undefined) throw new CliError("validation", `The release in ${release} cannot say whether the log is right (exit ${String(code)}): ${stderr.trim().split("\n").at(-1) ?? ""}`);
  return answer;
};

type Ran = { readonly code: number | string | undefined; readonly stdout: string; readonly stderr: string };

const ran = (config: Config, args: readonly string[]): Promise<Ran> =>
  new Promise((finish) => {
    execFile(process.execPath, args, { env: { ...config.environment, CI: "true" }, maxBuffer: maxAnswerBytes }, (error, stdout, stderr) => {
      finish({ code: error === null ? exitCodes.ok : (error.code ?? undefined), stdout, stderr });
    });
  });

const covers = (theirs: VerifiedRange, ours: VerifiedRange): boolean =>
  theirs.checkedBy !== null && theirs.log === ours.log && theirs.semantics === ours.semantics && theirs.from <= ours.from && theirs.to >= ours.to;

/** Where this release could read no further and another did: what that one read behind it. */
const readOn = (verdict: Verdict, release: string, answer: Verification): Verdict => {
  const { firstDifference, ranges, ...read } = verdict;
  const end = ranges.at(-1)?.to ?? 0;
  const behind = answer.ranges.filter(({ log, to }) => log === verdict.log && to > end);
  if (firstDifference?.kind !== "unreadable" || !behind.some(({ from, to }) => from <= firstDifference.position && to >= firstDifference.position)) return verdict;
  const taken = behind.map((range) => ({ ...range, from: Math.max(range.from, end + 1), checkedBy: range.checkedBy === null ? null : { release } }));
  const [records, decisions] = [Math.max(read.records, answer.records), Math.max(read.decisions, answer.decisions)];
  return { ...read, records, decisions, ranges: [...ranges, ...taken], ...(answer.firstDifference === null ? {} : { firstDifference: answer.firstDifference }) };
};

/** The answer speaks for the ranges that this release could not check or read, and for nothing else. */
export const withAnswer = (before: Verdict, release: string, answer: Verification): Verdict => {
  const verdict = readOn(before, release, answer);
  const found = answer.firstDifference;
  const isTheirs = found !== null && uncheckedRanges(verdict).some(({ from, to }) => found.position >= from && found.position <= to);
  const firstDifference = isTheirs && !(verdict.firstDifference !== undefined && verdict.firstDifference.position <= found.position) ? found : verdict.firstDifference;
  const ranges = verdict.ranges.map((range) => {
    const isChecked = range.checkedBy === null && answer.ranges.some((theirs) => covers(theirs, range));
    return isChecked ? { ...range, checkedBy: { release } } : range;
  });
  return { ...verdict, ranges, ...(firstDifference === undefined ? {} : { firstDifference }) };
};
