import { existsSync, writeFileSync, readFileSync } from "node:fs";
import { createSnapshotStore, createTreeStore, fsckLog, parseDecisionProof, proveDecision, verifyDecisionProof, type FsckDeps, type ProofVerdict } from "@finality/history";
import { cosignedAt, followRotations, parseNote, parseVerifierKey } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { openData, type OpenData } from "../house/open-data.ts";
import { outsideCheckpoints } from "../house/outside-checkpoints.ts";
import { erasOf, knownKeysOf, type KnownKeys } from "../house/signing-key.ts";
import { printData, printJson, say } from "../output.ts";
import { namedLogs, sourceOf, type ReplaySource, type SourceOptions } from "../replay/replay-source.ts";

type ProveOptions = Pick<SourceOptions, "data" | "archive"> & { readonly out: string };
type VerifyOptions = { readonly key?: string; readonly witness?: readonly string[]; readonly json?: true };
type FsckOptions = Omit<SourceOptions, "file"> & { readonly log?: string; readonly checkpoints?: string; readonly key?: string; readonly json?: true };

/** The keys that sign here: those of a data folder, or in a cluster the one that is named. */
const keysHere = ({ isCluster, ownFolder }: OpenData, named: string | undefined): KnownKeys | undefined => {
  if (named !== undefined) return { first: named, rotations: [], eras: followRotations(parseVerifierKey(named), []) };
  return isCluster ? undefined : knownKeysOf(ownFolder);
};

/** Of a source that reads a database; what is proved is proved by the tree in it. */
const dataOf = ({ data }: ReplaySource): OpenData => {
  if (data === undefined) throw new Error("the source has a database");
  return data;
};

/** One self-contained file for a decision. */
export const runAuditProve = async (config: Config, decisionId: string, options: ProveOptions): Promise<void> => {
  if (existsSync(options.out)) throw new CliError("conflict", `${options.out} exists already: name another file.`);
  const { data, archive } = options;
  const source = await sourceOf(config, { ...(data === undefined ? {} : { data }), ...(archive === undefined ? {} : { archive }) });
  try {
    const opened = dataOf(source);
    const keys = keysHere(opened, config.environment["FINALITY_KNOWN_KEYS"]?.split(/[\s,]+/)[0]);
    if (keys === undefined) throw new CliError("usage", "Say with FINALITY_KNOWN_KEYS which public key signs this deployment's checkpoints.");
    const { database } = opened;
    const deps = { source, snapshots: createSnapshotStore(database), tree: createTreeStore(database), key: keys.first, rotations: keys.rotations };
    const proof = await proveDecision(deps, decisionId);
    const verdict = await verifyDecisionProof(proof);
    if (verdict.failure !== undefined) throw new CliError("validation", `The decision ${decisionId} cannot be proved: ${verdict.failure}`);
    writeFileSync(options.out, `${JSON.stringify(proof)}\n`, { flag: "wx" });
    say(`${options.out} proves ${decisionId}: ${describe(verdict)}\nCheck it anywhere, without a database: finality audit verify ${options.out}`);
  } finally {
    await source.close();
  }
};

const describe = ({ attested, recomputed, semantics }: ProofVerdict): string => {
  if (attested === undefined) return "nothing is attested.";
  const records = `records ${String(attested.first)} to ${String(attested.last)} are in the tree of ${String(attested.checkpoint.size)} records that was signed for ${attested.checkpoint.origin}`;
  const again = recomputed === undefined ? `decided by an engine of semantics ${String(semantics.recorded)}, which this release (${String(semantics.own)}) cannot decide again` : `decided again here from the attested state: the same ${String(recomputed.decisions)} decisions`;
  return `${records}; ${again}.`;
};

const readFileOrSay = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliError("not_found", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};

/** Needs neither a database nor a network. */
export const runAuditVerify = async (path: string, options: VerifyOptions): Promise<ExitCode> => {
  const proof = parseDecisionProof(readFileOrSay(path));
  const witnesses = (options.witness ?? []).map(parseVerifierKey);
  const trusted = options.key === undefined ? undefined : parseVerifierKey(options.key).text;
  const judged = await verifyDecisionProof(proof, trusted);
  const cosigned = judged.failure === undefined ? witnesses.map((key) => ({ witness: key.text, at: cosignedAt(parseNote(proof.checkpoint), key) })) : [];
  const missing = cosigned.find(({ at }) => at === undefined);
  const verdict = { ...judged, failure: missing === undefined ? judged.failure : `the witness ${missing.witness} did not sign its checkpoint.`, cosigned };
  if (options.json === true) printJson({ ...verdict, attested: verdict.attested === undefined ? null : { ...verdict.attested, checkpoint: { ...verdict.attested.checkpoint, root: Buffer.from(verdict.attested.checkpoint.root).toString("hex") } } });
  else if (verdict.failure !== undefined) printData(`${path} does not prove ${verdict.decisionId}: ${verdict.failure}`);
  else printData(`${verdict.decisionId} holds: ${describe(verdict)}\nSigned by ${String(verdict.attested?.signedBy)}${options.key === undefined ? ", a key that came with the file: compare it with the one that you were given, or name that with --key" : ""}.${cosigned.map(({ witness, at = 0 }) => `\nWitnessed by ${witness} at ${new Date(at * 1_000).toISOString()}.`).join("")}`);
  return verdict.failure === undefined ? exitCodes.ok : exitCodes.findings;
};

/** What is signed, where no database says: the checkpoint kept outside alone. */
const noTree: FsckDeps["tree"] = { size: () => Promise.resolve(0), readTile: () => () => Promise.resolve(undefined), checkpoint: () => Promise.resolve(undefined), checkpoints: () => Promise.resolve([]) };

/** The database beside an archive; none where the command names all that an auditor without one has. */
const besideArchive = (config: Config, { data, key, checkpoints }: FsckOptions): Promise<OpenData> | undefined =>
  data === undefined && key !== undefined && checkpoints !== undefined ? undefined : openData(config, data);

/** Walks whole logs, or what an archive holds of them: records, tree, tiles, checkpoints, and the checkpoint kept outside PostgreSQL. */
export const runAuditFsck = async (config: Config, options: FsckOptions): Promise<ExitCode> => {
  const source = await sourceOf(config, options);
  const beside = source.data === undefined ? await besideArchive(config, options) : undefined;
  try {
    const opened = source.data ?? beside;
    const named = options.key ?? config.environment["FINALITY_KNOWN_KEYS"];
    const eras = opened === undefined || opened.isCluster || options.key !== undefined ? erasOf(named ?? "") : (knownKeysOf(opened.ownFolder)?.eras ?? []);
    const logs = await namedLogs(source, options.log);
    const outside = await outsideCheckpoints(config, opened, { named: options.checkpoints, eras, logs });
    const deps: FsckDeps = { source, isBeginning: source.kind === "archive", tree: opened === undefined ? noTree : createTreeStore(opened.database), eras, outside };
    const verdicts = [];
    for (const log of logs) verdicts.push(await fsckLog(deps, log));
    if (eras.length === 0) say("No key is known here: signatures were not judged. Name the public key with --key or FINALITY_KNOWN_KEYS.");
    if (options.json === true) printJson({ logs: verdicts });
    else for (const { log, records, checkpoints, attested, findings } of verdicts) {
      const sound = attested === records ? "all of it is as it was recorded and signed" : `as it was recorded, and signed up to position ${String(attested)}`;
      printData(`${log}: ${String(records)} records, ${String(checkpoints)} checkpoints: ${findings.length === 0 ? sound : `${String(findings.length)} findings`}`);
      for (const { what, position, says } of findings) printData(`  ${what}${position === undefined ? "" : ` at ${String(position)}`}: ${says}`);
    }
    return verdicts.some(({ findings }) => findings.length > 0) ? exitCodes.findings : exitCodes.ok;
  } finally {
    await beside?.close();
    await source.close();
  }
};
