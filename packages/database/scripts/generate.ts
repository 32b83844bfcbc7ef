// Writes the Prisma client into src/generated. Runs after each install, so that a fresh clone has one without a download.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const packageFolder = join(import.meta.dirname, "..");
const manifest = createRequire(import.meta.url).resolve("prisma/package.json");

const { status, stdout, stderr } = spawnSync(process.execPath, [join(dirname(manifest), "build/index.js"), "generate"], {
  cwd: packageFolder,
  encoding: "utf8",
  // Prisma wants its schema engine to be there and never runs it here: any file will do, and nothing is fetched.
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: manifest, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
});
if (status !== 0) {
  process.stderr.write(`prisma generate failed:\n${stdout}${stderr}`);
  process.exitCode = 1;
}
