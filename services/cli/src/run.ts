import { CommanderError } from "commander";
import { readConfig } from "./config.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { say } from "./output.ts";
import { buildProgram } from "./program.ts";

const explain = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return message.endsWith(".") || message.endsWith("\n") ? message : `${message}.`;
};

/** Runs the command that the process was called with; the answer is its exit code. */
export const run = async (): Promise<number> => {
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
