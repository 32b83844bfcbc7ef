import { setTimeout as sleep } from "node:timers/promises";
import { userInfo } from "node:os";
import { isReasonCode } from "@finality/contracts";
import { semantics } from "@finality/engine";
import type { LogReader } from "@finality/event-log";
import { createSnapshotStore } from "@finality/history";
import { compareVersions, isProjected, startProjector, type Projector, type VersionsVerdict, type VersionVerdict } from "@finality/projector";
import { beginVersion, dropVersion, isOwnShape, ReadModelError, skipRecord, switchVersion, versionsOf, type ReadModelVersion } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import { interruption } from "../house/interruption.ts";
import type { OpenData } from "../house/open-data.ts";
import { money, printData, printJson, say, table } from "../output.ts";
import { progressBar } from "../terminal/progress.ts";
import { onlyLog, withData, type DataOptions } from "./with-data.ts";

type ProjectionsOptions = DataOptions & { readonly log?: string; readonly json?: true };
type RebuildOptions = ProjectionsOptions & { readonly switch?: true; readonly quiet?: true };
type SwitchOptions = ProjectionsOptions & { readonly to?: number; readonly force?: true };
type SkipOptions = ProjectionsOptions & { readonly of?: number; readonly at: number; readonly reason: string; readonly yes?: true };
type DropOptions = ProjectionsOptions & { readonly of: number; readonly yes?: true };

type State = "serving" | "standby" | "building" | "failed";

const positionOf = ({ checkpoint }: ReadModelVersion): number => checkpoint?.position ?? 0;

/** A version beside is ready ("standby") once it is as far as the one that serves. */
const stateOf = (version: ReadModelVersion, all: readonly ReadModelVersion[]): State => {
  const serving = all.find((each) => each.log === version.log && each.isServing);
  if (version.failure !== undefined) return "failed";
  if (version.isServing) return "serving";
  return positionOf(version) < (serving === undefined ? 0 : positionOf(serving)) ? "building" : "standby";
};

const noteOf = (version: ReadModelVersion): string =>
  [
    version.failure === undefined ? "" : version.failure.reason,
    version.skipped.length === 0 ? "" : `skips ${version.skipped.join(", ")}`,
    version.adopted === 0 ? "" : `decisions up to ${String(version.adopted)} taken over: their records are archived`,
    version.switchesItself ? "will serve by itself" : "",
    isOwnShape(version) && version.semantics === semantics ? "" : "another release's",
  ].filter((text) => text !== "").join("; ");

const describeVersions = (all: readonly ReadModelVersion[], heads: ReadonlyMap<string, number>): string =>
  table(
    [
      { title: "log", value: ({ log }: ReadModelVersion) => log },
      { title: "version", value: ({ version }) => String(version), align: "right" },
      { title: "state", value: (each) => (each.isServing && each.failure !== undefined ? "serving, failed" : stateOf(each, all)) },
      { title: "position", value: (each) => money(positionOf(each)), align: "right" },
      { title: "of", value: ({ log }) => money(heads.get(log) ?? 0), align: "right" },
      { title: "shape", value: ({ shape }) => String(shape), align: "right" },
      { title: "semantics", value: (each) => (each.semantics === 0 ? "unknown" : String(each.semantics)), align: "right" },
      { title: "moved (UTC)", value: ({ updatedAt }) => updatedAt.toISOString() },
      { title: "", value: noteOf },
    ],
    all,
  );

/** Versions of the read models: which serves, how far the others are, what stands still and why. Exit 6 while one has failed. */
export const runProjectionsStatus = (config: Config, options: ProjectionsOptions): Promise<ExitCode> =>
  withData(config, options, async ({ database }, reader) => {
    const heads = new Map((await reader.heads()).map(({ log, position }) => [log, position]));
    const all = await versionsOf(database, options.log);
    if (all.length === 0) throw new CliError("not_found", options.log === undefined ? "There are no read models: no projector has seen a log yet." : `Log ${options.log} has no read models.`);
    if (options.json === true) printJson({ versions: all.map(({ ...version }) => ({ ...version, position: positionOf(version), head: heads.get(version.log) ?? 0, state: stateOf(version, all) })) });
    else printData(describeVersions(all, heads));
    return all.some(({ failure }) => failure !== undefined) ? exitCodes.findings : exitCodes.ok;
  });

const versionOf = async ({ database }: Pick<OpenData, "database">, log: string, number: number): Promise<ReadModelVersion> => {
  const all = await versionsOf(database, log);
  const found = all.find(({ version }) => version === number);
  if (found === undefined) throw new CliError("not_found", `Log ${log} has no version ${String(number)} of its read models; it has ${all.map(({ version }) => String(version)).join(", ") || "none"}.`);
  return found;
};

const servingOf = async ({ database }: Pick<OpenData, "database">, log: string): Promise<ReadModelVersion> => {
  const serving = (await versionsOf(database, log)).find(({ isServing }) => isServing);
  if (serving === undefined) throw new CliError("not_found", `Log ${log} has no read models that serve: no projector has seen it yet.`);
  return serving;
};

/** A folder that no house runs on has no projector: the command is its own. */
const projectorFor = async ({ database, isCluster }: OpenData, reader: LogReader, log: string): Promise<Projector | undefined> => {
  if (await isProjected(database, log)) return undefined;
  if (!isCluster) return startProjector({ database, reader, snapshots: createSnapshotStore(database) });
  say(`No projector of this release is at work on ${log}: the new version grows when one is started.`);
  return undefined;
};

const pollMs = 100;
const patienceMs = 30_000;

/** Undefined when it was interrupted. */
const builtUp = async (data: OpenData, reader: LogReader, begun: ReadModelVersion, { show, signal }: { readonly show: (position: number) => void; readonly signal: AbortSignal }): Promise<ReadModelVersion | undefined> => {
  while (!signal.aborted) {
    const version = await versionOf(data, begun.log, begun.version);
    const serving = await servingOf(data, begun.log);
    show(positionOf(version));
    if (version.failure !== undefined) throw new CliError("conflict", `Version ${String(version.version)} of ${version.log} stands still: ${version.failure.reason}`);
    if (positionOf(version) >= Math.max(positionOf(serving), (await reader.head(begun.log))?.position ?? 0)) return version;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
};

/** Builds a new version beside the one that serves; reads, writes and hedging go on. With --switch it takes its place. */
export const runProjectionsRebuild = (config: Config, options: RebuildOptions): Promise<ExitCode> =>
  withData(config, options, async (data, reader) => {
    const log = await onlyLog(reader, options.log);
    const all = await versionsOf(data.database, log);
    const building = all.find((each) => stateOf(each, all) === "building" && isOwnShape(each));
    if (building !== undefined) throw new CliError("conflict", `Version ${String(building.version)} of ${log} is being built already: wait for it, or drop it.`);
    const actor = actorReference(data.ownFolder, userInfo().username);
    const number = await beginVersion(data.database, { log, semantics, switchesItself: false, actor });
    const begun = await versionOf(data, log, number);
    say(`Version ${String(number)} of the read models of ${log} is begun.`);
    const version = await watchBuild(config, data, reader, begun, options);
    if (version === undefined) {
      say(`Interrupted: version ${String(number)} stays and is built on by the projector. finality projections status shows how far it is, finality projections drop removes it.`);
      return exitCodes.interrupted;
    }
    if (options.switch === true) return switchTo(data, reader, await versionOf(data, log, number), options);
    if (options.json === true) printJson({ log, version: number, position: positionOf(version), isServing: version.isServing });
    else say(version.isServing ? `Version ${String(number)} serves: it is the first one.` : `Version ${String(number)} is as far as the log. finality projections switch --log ${log} --to ${String(number)} lets it serve.`);
    return exitCodes.ok;
  });

const watchBuild = async (config: Config, data: OpenData, reader: LogReader, begun: ReadModelVersion, { quiet }: RebuildOptions): Promise<ReadModelVersion | undefined> => {
  const { log } = begun;
  const head = (await reader.head(log))?.position ?? 0;
  const interrupted = interruption(patienceMs);
  const progress = progressBar({ log, from: 1, to: head }, { on: config.terminal && quiet !== true });
  const projector = await projectorFor(data, reader, log);
  try {
    return await builtUp(data, reader, begun, { signal: interrupted.signal, show: (position) => { progress.show({ position, records: position }); } });
  } finally {
    progress.end();
    await projector?.stop();
    interrupted.done();
  }
};

const shownDifferences = 10;

const describeVerdict = (name: string, { version, differences, position }: VersionVerdict): readonly string[] => {
  if (typeof differences === "string") return [`${name} (version ${String(version)}) cannot be compared: ${differences}.`];
  if (differences.length === 0) return [`${name} (version ${String(version)}) is what the log says at position ${String(position)}.`];
  return [
    `${name} (version ${String(version)}) is not what the log says at position ${String(position)}, in ${String(differences.length)} rows:`,
    ...differences.slice(0, shownDifferences).map((difference) => `  ${JSON.stringify(difference)}`),
    ...(differences.length > shownDifferences ? [`  and ${String(differences.length - shownDifferences)} more`] : []),
  ];
};

const describeVerdicts = (verdict: VersionsVerdict): readonly string[] => [
  ...describeVerdict("What serves", verdict.from),
  ...describeVerdict("What would serve", verdict.to),
  ...(verdict.unequalDecisions === 0 ? [] : [`The two do not show the same ${String(verdict.unequalDecisions)} decisions.`]),
  ...(verdict.to.stateHash === undefined ? [] : [`State hash of the log there: ${verdict.to.stateHash}`]),
];

const switchPatienceMs = 10_000;

/** The one that serves may be a few records ahead at a moment; both follow the log. */
const switchWhenLevel = async ({ database, ownFolder }: OpenData, version: ReadModelVersion): Promise<void> => {
  const deadline = performance.now() + switchPatienceMs;
  const actor = actorReference(ownFolder, userInfo().username);
  while (true) {
    try {
      await switchVersion(database, version, { actor });
      return;
    } catch (error) {
      if (!(error instanceof ReadModelError) || error.code !== "version_behind" || performance.now() > deadline) throw error;
      await sleep(pollMs);
    }
  }
};

const switchTo = async (data: OpenData, reader: LogReader, to: ReadModelVersion, { force, json }: Pick<SwitchOptions, "force" | "json">): Promise<ExitCode> => {
  const { log } = to;
  const from = await servingOf(data, log);
  if (from.version === to.version) {
    if (json === true) printJson({ log, version: to.version, switched: false });
    else say(`Version ${String(to.version)} of ${log} serves already.`);
    return exitCodes.ok;
  }
  const verdict = await compareVersions({ reader, database: data.database, snapshots: createSnapshotStore(data.database) }, from, to);
  const isSame = verdict.to.differences.length === 0;
  const switched = isSame || force === true;
  if (switched) await switchWhenLevel(data, to);
  const lines = describeVerdicts(verdict);
  if (json === true) printJson({ log, from: from.version, to: to.version, switched, verdict });
  else printData([...lines, switched ? `Version ${String(to.version)} serves now. finality projections switch --log ${log} --to ${String(from.version)} goes back.` : "Nothing was switched. --force switches all the same."].join("\n"));
  return isSame ? exitCodes.ok : exitCodes.findings;
};

/** The only version beside, or the one that is named. */
const targetOf = async (data: OpenData, log: string, named: number | undefined): Promise<ReadModelVersion> => {
  if (named !== undefined) return versionOf(data, log, named);
  const beside = (await versionsOf(data.database, log)).filter(({ isServing }) => !isServing);
  const [only, ...others] = beside;
  if (only === undefined) throw new CliError("not_found", `Log ${log} has no version beside the one that serves: finality projections rebuild makes one.`);
  if (others.length > 0) throw new CliError("usage", `Log ${log} has several versions beside (${beside.map(({ version }) => String(version)).join(", ")}): name one with --to.`);
  return only;
};

/** Compares two versions with the log, then lets the other one serve, in one transaction. Exit 6 where it is not what the log says. */
export const runProjectionsSwitch = (config: Config, options: SwitchOptions): Promise<ExitCode> =>
  withData(config, options, async (data, reader) => {
    const log = await onlyLog(reader, options.log);
    return switchTo(data, reader, await targetOf(data, log, options.to), options);
  });

/** Lets a version pass over the record that it failed at, and no other. */
export const runProjectionsSkip = (config: Config, options: SkipOptions): Promise<void> =>
  withData(config, options, async (data, reader) => {
    const { at, reason } = options;
    if (!isReasonCode(reason)) throw new CliError("usage", `"${reason}" is no reason code: lower case letters, digits and underscores, at most 60, such as known_bug.`);
    const log = await onlyLog(reader, options.log);
    const { version, failure } = options.of === undefined ? await servingOf(data, log) : await versionOf(data, log, options.of);
    if (options.yes !== true && failure?.position === at) throw new CliError("usage", `Version ${String(version)} of ${log} will go on without record ${String(at)}, and is not compared with the log's state hashes any more: repeat the command with --yes.`);
    await skipRecord(data.database, { log, version }, { position: at, reason, actor: actorReference(data.ownFolder, userInfo().username) });
    if (options.json === true) printJson({ log, version, position: at, reason });
    else say(`Version ${String(version)} of ${log} passes over record ${String(at)}: its projector goes on at its next look, within seconds of running. finality projections rebuild makes a version without the gap once the cause is mended.`);
  });

/** Deletes a version that does not serve. */
export const runProjectionsDrop = (config: Config, options: DropOptions): Promise<void> =>
  withData(config, options, async (data, reader) => {
    const log = await onlyLog(reader, options.log);
    const { version } = await versionOf(data, log, options.of);
    if (options.yes !== true) throw new CliError("usage", `Version ${String(version)} of the read models of ${log} is deleted: repeat the command with --yes.`);
    await dropVersion(data.database, { log, version }, { actor: actorReference(data.ownFolder, userInfo().username) });
    if (options.json === true) printJson({ log, version });
    else say(`Version ${String(version)} of the read models of ${log} is deleted.`);
  });
