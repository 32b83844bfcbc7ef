import { enableCompileCache } from "node:module";
import { exitCodes } from "./exit-codes.ts";

// A command that has run before starts in two thirds of the time. Where the cache cannot be written it does without.
enableCompileCache();

// Whoever reads us may stop early (`log show | head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.ok);
});

const { run } = await import("./run.ts");
process.exitCode = await run();
