import type { SignerKey } from "@finality/transparency";
import { folderToRead, type Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { openDataFolder } from "../house/data-folder.ts";
import { knownKeysOf, rotateSigningKey } from "../house/signing-key.ts";
import { printData, printJson, say } from "../output.ts";
import type { DataOptions } from "./with-data.ts";

type KeysOptions = DataOptions & { readonly json?: true };

/** The public keys that signed a data folder's checkpoints, oldest first: the first one is what an auditor is given. */
export const runKeysShow = (config: Config, options: KeysOptions): void => {
  const folder = folderToRead(config, options.data);
  const keys = knownKeysOf(folder);
  if (keys === undefined) throw new CliError("not_found", `Nothing was signed in ${folder} yet: run \`npx -y pnpm@10 demo\` first.`);
  if (options.json === true) printJson({ first: keys.first, keys: keys.eras.map(({ key }) => key.text), rotations: keys.rotations });
  else printData(keys.eras.map(({ key }) => key.text).join("\n"));
};

/** Not while a house signs in the folder: what it signed after the rotation would count for nothing. */
const rotateAlone = async (folder: string): Promise<SignerKey> => {
  const own = await openDataFolder({ folder, exclusive: true });
  try {
    return rotateSigningKey(folder);
  } finally {
    await own.close();
  }
};

/** A new key takes over from now on; proofs carry the chain from the first one. */
export const runKeysRotate = async (config: Config, options: KeysOptions & { readonly yes?: true }): Promise<void> => {
  const folder = folderToRead(config, options.data);
  if (knownKeysOf(folder) === undefined) throw new CliError("not_found", `Nothing was signed in ${folder} yet.`);
  if (options.yes !== true) throw new CliError("usage", "The old key can sign nothing after this: repeat the command with --yes.");
  const { text } = await rotateAlone(folder);
  printData(text);
  say("This key signs from the next start on. Auditors go on with the first key: proofs carry the chain.");
};
