import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Era, followRotations, type LastSigned, newPrivateKeyPem, parseCheckpoint, parseNote, parseVerifierKey, rotationNote, signerFromPem, type SignerKey } from "@finality/transparency";

/** Names an embedded house in its checkpoints, and its key. */
export const embeddedDeployment = "finality";

const fileIn = (folder: string, name: string): string => join(folder, "keys", name);

const readSigner = (folder: string): SignerKey => signerFromPem(readFileSync(fileIn(folder, "signing.pem"), "utf8"), embeddedDeployment);

/** The private key that a data folder's checkpoints are signed with, made when it is first asked for; readable by its owner alone. */
export const signingKeyOf = (folder: string): SignerKey => {
  if (existsSync(fileIn(folder, "signing.pem"))) return readSigner(folder);
  mkdirSync(join(folder, "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(fileIn(folder, "signing.pem"), newPrivateKeyPem(), { mode: 0o600 });
  const key = readSigner(folder);
  writeFileSync(fileIn(folder, "first-key"), `${key.text}\n`);
  return key;
};

export type KnownKeys = {
  /** The key that was first, which whoever audits is given. */
  readonly first: string;
  /** Notes by which each key handed over to the next. */
  readonly rotations: readonly string[];
  /** The keys, oldest first, and how far each may have signed. */
  readonly eras: readonly Era[];
};

/** The public keys of a data folder; undefined where nothing was ever signed. */
export const knownKeysOf = (folder: string): KnownKeys | undefined => {
  if (!existsSync(fileIn(folder, "first-key"))) return undefined;
  const first = readFileSync(fileIn(folder, "first-key"), "utf8").trim();
  const path = fileIn(folder, "rotations.json");
  const rotations: unknown = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  if (!Array.isArray(rotations) || !rotations.every((note) => typeof note === "string")) throw new Error(`${path} is no list of rotation notes.`);
  return { first, rotations, eras: followRotations(parseVerifierKey(first), rotations) };
};

/** Of keys that are named, separated by spaces or commas; each of them in force. */
export const erasOf = (keys: string): readonly Era[] =>
  keys
    .split(/[\s,]+/)
    .filter((key) => key !== "")
    .flatMap((key) => followRotations(parseVerifierKey(key), []));

/** The newest checkpoints that the folder's key signed, by the files outside PostgreSQL. */
const lastSignedIn = (folder: string): readonly LastSigned[] => {
  const checkpoints = checkpointsOf(folder);
  if (!existsSync(checkpoints)) return [];
  return readdirSync(checkpoints).filter((name) => name.endsWith(".checkpoint")).map((name) => parseCheckpoint(parseNote(readFileSync(join(checkpoints, name), "utf8")).text));
};

/** A new key takes over; the old one says what it signed last, and is gone. Returns the new one. Not while a house signs in the folder. */
export const rotateSigningKey = (folder: string): SignerKey => {
  const old = signingKeyOf(folder);
  const pem = newPrivateKeyPem();
  const next = signerFromPem(pem, embeddedDeployment);
  const rotations = [...(knownKeysOf(folder)?.rotations ?? []), rotationNote(old, next, lastSignedIn(folder))];
  // The new key first in a file of its own: whatever is interrupted, one of the two signs and both are known.
  writeFileSync(fileIn(folder, "signing.pem.new"), pem, { mode: 0o600 });
  writeFileSync(fileIn(folder, "rotations.json"), JSON.stringify(rotations));
  renameSync(fileIn(folder, "signing.pem.new"), fileIn(folder, "signing.pem"));
  return next;
};

/** Where a data folder keeps the newest checkpoint of each log, outside its PostgreSQL. */
export const checkpointsOf = (folder: string): string => join(folder, "checkpoints");
