import { readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseError } from "../errors.ts";

export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number };

const candidates = ["postgres", "nobody"];

/**
 * PostgreSQL refuses to run as root. Undefined when we are not root; else the owner of `data`, when that is there and not root's,
 * or an unprivileged user that the system has already.
 */
export const unprivilegedUser = async (data: string): Promise<SystemUser | undefined> => {
  if (process.geteuid?.() !== 0) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { name: `number ${String(owner.uid)}`, uid: owner.uid, gid: owner.gid };
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const candidate of candidates) {
    const entry = lines.find(([name]) => name === candidate);
    const [uid, gid] = [Number(entry?.[2]), Number(entry?.[3])];
    if (uid > 0 && gid > 0) return { name: candidate, uid, gid };
  }
  throw new DatabaseError("permission", `PostgreSQL does not run as root, and this system has no user ${candidates.join(" or ")} to run it as. Run it as an ordinary user.`);
};

/** Whether `user` may enter the folder and all folders above it, by their mode bits. */
export const canReach = async (user: SystemUser, folder: string): Promise<boolean> => {
  for (let path = await realpath(folder); ; path = dirname(path)) {
    const { mode, uid, gid } = await stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
};
