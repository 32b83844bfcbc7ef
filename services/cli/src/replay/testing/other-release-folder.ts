import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../../../../../", import.meta.url));
const semanticsFile = "packages/engine/src/semantics.ts";

/** A copy of this release's code with another number as its semantics: it decides as this one does, and can check what this one cannot. */
export const writeOtherRelease = (folder: string, semantics: number): string => {
  for (const part of ["packages", "services"]) {
    // Links between packages are relative, so those of the copy lead into the copy; recorded days are not code.
    cpSync(join(project, part), join(folder, part), { recursive: true, verbatimSymlinks: true, filter: (source) => !source.startsWith(join(project, "packages/datasets/data")) });
  }
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, semanticsFile);
  const text = readFileSync(path, "utf8");
  const changed = text.replace(/semantics = \d+;/, `semantics = ${String(semantics)};`);
  if (changed === text) throw new Error(`${path} names no semantics`);
  writeFileSync(path, changed);
  return folder;
};
