import { existsSync, writeFileSync, readFileSync } from "node:fs";
import { createNotifier } from "@finality/database";
import { createLogReader } from "@finality/event-log";
import { createCheckpointFolder, createSnapshotStore, createTreeStore, fsckLog, parseDecisionProof, proveDecision, verifyDecisionProof, type ProofVerdict } from "@finality/history";
import { cosignedAt, followRotations, parseNote, parseVerifierKey } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import type { OpenData } from "../house/open-data.ts";
import { checkpointsOf, erasOf, knownKeysOf, type KnownKeys } from "../house/signing-key.ts";
import { printData, printJson, say } from "../output.ts";
import { logsOf, withData, type DataOptions } from "./with-data.ts";

type ProveOptions = DataOptions & { readonly out: string };
type VerifyOptions = { readonly key?: string; readonly witness?: readonly string[]; readonly json?: true };
type FsckOptions = DataOptions & { readonly log?: string; readonly checkpoints?: string; readonly key?: string; readonly json?: true };

/** The keys that sign here: those of a data folder, or in a cluster the one that is named. */
const keysHere = ({ isCluster, ownFolder }: OpenData, named: string | undefined): KnownKeys | undefined => {
  if (named !== undefined) return { first: named, rotations: [], eras: followRotations(parseVerifierKey(named), []) };
  return isCluster ? undefined : knownKeysOf(ownFolder);
};

/** One self-contained file for a decision. */
export const runAuditProve = (config: Config, decisionId: string, options: ProveOptions): Promise<void> =>
  withData(config, options, async (opened) => {
    if (existsSync(options.out)) throw new CliError("conflict", `${options.out} exists already: name another file.`);
    const { database } = opened;
    const keys = keysHere(opened, config.environment["FINALITY_KNOWN_KEYS"]?.split(/[\s,]+/)[0]);
    if (keys === undefined) throw new CliError("usage", "Say with FINALITY_KNOWN_KEYS which public key signs this deployment's checkpoints.");
    const deps = { source: createLogReader({ database, notifier: createNotifier(database) }), snapshots: createSnapshotStore(database), tree: createTreeStore(database), key: keys.first, rotations: keys.rotations };
    const proof = await proveDecision(deps, decisionId);
    const verdict = await verifyDecisionProof(proof);
    if (verdict.failure !== undefined) throw new CliError("validation", `The decision ${decisionId} cannot be proved: ${verdict.failure}`);
    writeFileSync(options.out, `${JSON.stringify(proof)}\n`, { flag: "wx" });
    say(`${options.out} proves ${decisionId}: ${describe(verdict)}\nCheck it anywhere, without a database: finality audit verify ${options.out}`);
  });

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
  const judged = await verifyDecisionProof(proof, options.key);
  const cosigned = judged.failure === undefined ? witnesses.map((key) => ({ witness: key.text, at: cosignedAt(parseNote(proof.checkpoint), key) })) : [];
  const missing = cosigned.find(({ at }) => at === undefined);
  const verdict = { ...judged, failure: missing === undefined ? judged.failure : `the witness ${missing.witness} did not sign its checkpoint.`, cosigned };
  if (options.json === true) printJson({ ...verdict, attested: verdict.attested === undefined ? null : { ...verdict.attested, checkpoint: { ...verdict.attested.checkpoint, root: Buffer.from(verdict.attested.checkpoint.root).toString("hex") } } });
  else if (verdict.failure !== undefined) printData(`${path} does not prove ${verdict.decisionId}: ${verdict.failure}`);
  else printData(`${verdict.decisionId} holds: ${describe(verdict)}\nSigned by ${String(verdict.attested?.signedBy)}${options.key === undefined ? ", a key that came with the file: compare it with the one that you were given, or name that with --key" : ""}.${cosigned.map(({ witness, at = 0 }) => `\nWitnessed by ${witness} at ${new Date(at * 1_000).toISOString()}.`).join("")}`);
  return verdict.failure === undefined ? exitCodes.ok : exitCodes.findings;
};

/** Walks whole logs: records, tree, tiles, checkpoints, and the checkpoint kept outside PostgreSQL. */
export const runAuditFsck = (config: Config, options: FsckOptions): Promise<ExitCode> =>
  withData(config, options, async (opened, reader) => {
    const { database, isCluster, ownFolder } = opened;
    const named = options.key ?? config.environment["FINALITY_KNOWN_KEYS"];
    const eras = isCluster || options.key !== undefined ? erasOf(named ?? "") : (knownKeysOf(ownFolder)?.eras ?? []);
    const folder = options.checkpoints ?? config.environment["FINALITY_CHECKPOINTS"] ?? (isCluster ? undefined : checkpointsOf(ownFolder));
    const deps = { source: reader, tree: createTreeStore(database), eras, outside: folder === undefined || eras.length === 0 ? undefined : createCheckpointFolder(folder) };
    const verdicts = [];
    for (const log of await logsOf(reader, options.log)) verdicts.push(await fsckLog(deps, log));
    if (options.json === true) printJson({ logs: verdicts });
    else for (const { log, records, checkpoints, findings } of verdicts) {
      printData(`${log}: ${String(records)} records, ${String(checkpoints)} checkpoints: ${findings.length === 0 ? "all of it is as it was recorded and signed" : `${String(findings.length)} findings`}`);
      for (const { what, position, says } of findings) printData(`  ${what}${position === undefined ? "" : ` at ${String(position)}`}: ${says}`);
    }
    return verdicts.some(({ findings }) => findings.length > 0) ? exitCodes.findings : exitCodes.ok;
  });
