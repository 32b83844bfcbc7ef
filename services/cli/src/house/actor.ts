import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The reference that stands for a person in a log: a salted hash, the salt in a file beside the data and never in it. Destroying the
 * file makes the reference mean nobody, and no record changes (rule 40).
 */
export const actorReference = (folder: string, person: string): string => {
  const path = join(folder, "actor-salt");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString("hex"), { mode: 0o600 });
  return createHash("sha256").update(`${readFileSync(path, "utf8")}:${person}`).digest("hex").slice(0, 32);
};
