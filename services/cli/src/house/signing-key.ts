import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newPrivateKeyPem, signerFromPem, type SignerKey } from "@finality/transparency";

/** Names an embedded house in its checkpoints, and its key. */
export const embeddedDeployment = "finality";

/** The private key that a data folder's checkpoints are signed with, made when it is first asked for; readable by its owner alone. */
export const signingKeyOf = (folder: string): SignerKey => {
  const path = join(folder, "keys", "signing.pem");
  if (!existsSync(path)) {
    mkdirSync(join(folder, "keys"), { recursive: true, mode: 0o700 });
    writeFileSync(path, newPrivateKeyPem(), { mode: 0o600 });
  }
  return signerFromPem(readFileSync(path, "utf8"), embeddedDeployment);
};

/** Where a data folder keeps the newest checkpoint of each log, outside its PostgreSQL. */
export const checkpointsOf = (folder: string): string => join(folder, "checkpoints");
