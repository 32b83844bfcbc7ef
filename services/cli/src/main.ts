import { CommanderError } from "commander";
import { readConfig } from "./config.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { say } from "./output.ts";
import { buildProgram } from "./program.ts";

const explain = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return message.endsWith(".") || message.endsWith("\n") ? message : `${message}.`;
};

const run = async (): Promise<number> => {
  try {
    const outcome: { code: number } = { code: exitCodes.ok };
    await buildProgram(readConfig(), outcome).parseAsync();
    return outcome.code;
  } catch (error) {
    // Commander has printed its own errors already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    say(`finality: ${explain(error)}`);
    return exitCodeOf(error);
  }
};

// Whoever reads us may stop early (`log show | head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.ok);
});

process.exitCode = await run();
