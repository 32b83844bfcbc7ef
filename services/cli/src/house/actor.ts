import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const saltOf = (folder: string): string => join(folder, "actor-salt");

/**
 * The reference that stands for a person in a log: a salted hash, the salt in a file beside the data and never in it. Destroying the
 * file makes the reference mean nobody, and no record changes (rule 40).
 */
export const actorReference = (folder: string, person: string): string => {
  const path = saltOf(folder);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString("hex"), { mode: 0o600 });
  return createHash("sha256").update(`${readFileSync(path, "utf8")}:${person}`).digest("hex").slice(0, 32);
};

/** Whether there is a salt, or one whose destruction was interrupted. */
export const hasActorSalt = (folder: string): boolean => existsSync(saltOf(folder)) || abandoned(folder).length > 0;

type Abandoned = { readonly path: string; readonly saltId: string };

const abandoned = (folder: string): readonly Abandoned[] =>
  (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const saltId = /^actor-salt\.([0-9a-f]{64})$/.exec(name)?.[1];
    return saltId === undefined ? [] : [{ path: join(folder, name), saltId }];
  });

/** The bytes are gone before the name is: what reads the disk finds others in their place, as far as the file system writes in place. */
const overwrite = (path: string): void => {
  const file = openSync(path, "r+");
  try {
    writeSync(file, randomBytes(statSync(path).size), 0, undefined, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/**
 * Destroys the folder's salt; the next reference gets a new one. `note` keeps that it was done, by the salt's id, which is no way back to it.
 * From the first step on nobody uses the salt; what was interrupted is finished the next time. Returns the ids.
 */
export const forgetActors = async (folder: string, note: (saltId: string) => Promise<void>): Promise<readonly string[]> => {
  const path = saltOf(folder);
  if (existsSync(path)) {
    const saltId = createHash("sha256").update(`finality actor salt:${readFileSync(path, "utf8")}`).digest("hex");
    renameSync(path, `${path}.${saltId}`);
  }
  const salts = abandoned(folder);
  for (const salt of salts) {
    overwrite(salt.path);
    await note(salt.saltId);
    rmSync(salt.path);
  }
  return salts.map(({ saltId }) => saltId);
};
