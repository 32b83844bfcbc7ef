import { readFileSync } from "node:fs";
import { createTreeStore } from "@finality/history";
import { cosignedAt, openCheckpoint, parseNote, parseVerifierKey } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { erasOf, knownKeysOf } from "../house/signing-key.ts";
import { printData } from "../output.ts";
import { withData, type DataOptions } from "./with-data.ts";

type CosignOptions = DataOptions & { readonly witness: string };

const noteIn = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliError("not_found", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};

/** Keeps the signature of a witness that nobody can ask. Only under the very checkpoint that it signed. */
export const runAuditCosign = (config: Config, path: string, options: CosignOptions): Promise<ExitCode> =>
  withData(config, options, async ({ database, isCluster, ownFolder }) => {
    const witness = parseVerifierKey(options.witness);
    const note = noteIn(path);
    const eras = isCluster ? erasOf(config.environment["FINALITY_KNOWN_KEYS"] ?? "") : (knownKeysOf(ownFolder)?.eras ?? []);
    const { origin, size, root } = openCheckpoint(note, eras);
    const { signatures } = parseNote(note);
    const line = signatures.find(({ name, id }) => name === witness.name && id === witness.id)?.line;
    if (line === undefined) throw new CliError("validation", `${path} bears no signature of ${witness.text}.`);
    const tree = createTreeStore(database);
    const { log = "", generation = "" } = /\/(?<log>[^/]+)\/(?<generation>\d+)$/.exec(origin)?.groups ?? {};
    const stored = (await tree.checkpoints(log)).find((each) => each.generation === Number(generation) && each.size === size);
    if (stored === undefined) throw new CliError("not_found", `No checkpoint of ${String(size)} records of ${origin} was signed here.`);
    if (!Buffer.from(stored.root).equals(root)) {
      printData(`The log's key signed two histories: ${String(size)} records of ${origin} have root ${Buffer.from(stored.root).toString("base64")} here and ${Buffer.from(root).toString("base64")} in ${path}.`);
      return exitCodes.findings;
    }
    const at = cosignedAt(parseNote(note), witness);
    if (at === undefined) throw new CliError("validation", `The signature of ${witness.text} in ${path} does not hold.`);
    const isNew = await tree.addCosignature(stored, witness.name, line);
    printData(`${witness.name} signed ${String(size)} records of ${origin} at ${new Date(at * 1_000).toISOString()}; ${isNew ? "its signature is kept" : "that was known"}.`);
    return exitCodes.ok;
  });
