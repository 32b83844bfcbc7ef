import { createSnapshotStore, foldAt, takeSnapshot, type SnapshotInfo, type SnapshotStore } from "@finality/history";
import { serializeState, stateHash } from "@finality/engine";
import type { LogReader } from "@finality/event-log";
import { sha256 } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { money, printData, printJson, say, table } from "../output.ts";
import { logsOf, onlyLog, withData, type DataOptions } from "./with-data.ts";

type SnapshotsOptions = DataOptions & { readonly log?: string; readonly json?: true };
type TakeOptions = SnapshotsOptions & { readonly at?: number };
type RemoveOptions = SnapshotsOptions & { readonly yes?: true };

/** Snapshots of logs: where, how large, and whether they are used. */
export const runSnapshotsList = (config: Config, options: SnapshotsOptions): Promise<void> =>
  withData(config, options, async ({ database }) => {
    const snapshots = await createSnapshotStore(database).list(options.log);
    if (options.json === true) printJson({ snapshots: snapshots.map(({ leafHash, ...each }) => ({ ...each, leafHash: Buffer.from(leafHash).toString("hex") })) });
    else if (snapshots.length === 0) say("There is no snapshot: every state is folded from the first record.");
    else printData(describe(snapshots));
  });

const describe = (snapshots: readonly SnapshotInfo[]): string =>
  table(
    [
      { title: "log", value: ({ log }: SnapshotInfo) => log },
      { title: "position", value: ({ position }) => String(position), align: "right" },
      { title: "semantics", value: ({ semantics }) => String(semantics), align: "right" },
      { title: "state hash", value: (each) => `${each.stateHash.slice(0, 16)}…` },
      { title: "bytes", value: ({ size }) => money(size), align: "right" },
      { title: "taken (UTC)", value: ({ takenAt }) => takenAt.toISOString() },
      { title: "use", value: ({ rejected }) => (rejected === null ? "used" : `not used: ${rejected}`) },
    ],
    snapshots,
  );

/** The state behind a position, the head's by default, kept for whoever folds the log next. */
export const runSnapshotsTake = (config: Config, options: TakeOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    const log = await onlyLog(reader, options.log);
    const head = (await reader.head(log))?.position ?? 0;
    const position = options.at ?? head;
    if (position < 1 || position > head) throw new CliError("not_found", `Log ${log} has positions 1 to ${String(head)}; there is no state behind ${String(position)}.`);
    const snapshots = createSnapshotStore(database);
    const { state } = await foldAt({ source: reader, snapshots }, log, position);
    const [record] = await reader.read(log, position - 1, 1);
    const taken = await takeSnapshot(state, { leafHash: record?.leafHash ?? new Uint8Array(), build: "finality cli" });
    const isNew = await snapshots.put(taken);
    if (options.json === true) printJson({ log, position, stateHash: taken.stateHash, isNew });
    else say(`The state of ${log} behind position ${String(position)} ${isNew ? "is kept" : "was kept already"}: ${taken.stateHash}`);
  });

const differs = async (reader: LogReader, snapshots: SnapshotStore, found: SnapshotInfo): Promise<string | undefined> => {
  const { state } = await foldAt({ source: reader }, found.log, found.position);
  if (stateHash(state, sha256) !== found.stateHash) return `the fold hashes to ${stateHash(state, sha256)}, the snapshot says ${found.stateHash}`;
  let reason: string | undefined;
  const own = await foldAt({ source: reader, snapshots: { ...snapshots, usable: () => Promise.resolve([found]) }, onRejected: (_snapshot, why) => { reason = why; } }, found.log, found.position);
  return reason ?? (Buffer.from(serializeState(own.state)).equals(serializeState(state)) ? undefined : "its state is not the fold's");
};

/** Folds from the first record and compares each snapshot; one that does not match is marked and not used again. */
export const runSnapshotsVerify = (config: Config, options: SnapshotsOptions): Promise<ExitCode> =>
  withData(config, options, async ({ database }, reader) => {
    const snapshots = createSnapshotStore(database);
    const bad: { readonly log: string; readonly position: number; readonly reason: string }[] = [];
    let compared = 0;
    for (const log of await logsOf(reader, options.log)) {
      for (const found of await snapshots.usable(log, Number.MAX_SAFE_INTEGER)) {
        compared += 1;
        const reason = await differs(reader, snapshots, found);
        if (reason === undefined) continue;
        await snapshots.reject(found, reason);
        bad.push({ log, position: found.position, reason });
      }
    }
    if (options.json === true) printJson({ compared, bad });
    else {
      for (const { log, position, reason } of bad) printData(`${log} at ${String(position)}: ${reason}`);
      printData(`${String(compared)} snapshots compared with a straight fold: ${bad.length === 0 ? "all are its states" : `${String(bad.length)} are not, and are not used again`}`);
    }
    return bad.length === 0 ? exitCodes.ok : exitCodes.findings;
  });

/** Deletes all snapshots of a log: nothing is lost but the time that the next fold takes. */
export const runSnapshotsRemove = (config: Config, options: RemoveOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    const log = await onlyLog(reader, options.log);
    if (options.yes !== true) throw new CliError("usage", `The snapshots of ${log} are deleted, and the next fold begins at its first record: repeat the command with --yes.`);
    say(`${String(await createSnapshotStore(database).remove(log))} snapshots of ${log} are deleted.`);
  });
