import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { printData, say } from "../output.ts";
import { lookAtLog, type Look, type LookOptions } from "./look-at-log.ts";

export type WatchOptions = LookOptions & {
  /** The note with the signature goes there; else to stdout. */
  readonly out: string | undefined;
  readonly once: boolean;
  /** Between two looks. */
  readonly everyS: number;
  readonly signal: AbortSignal;
};

const millisecondsPerSecond = 1_000;

/** Whoever reads it sees the note before or this one, whole. */
const writeNote = (path: string, note: string): void => {
  writeFileSync(`${path}.new`, note);
  renameSync(`${path}.new`, path);
};

/** A log that is away, or that nothing was signed of yet, is looked at again. */
const isAway = (error: unknown): error is CliError => error instanceof CliError && (error.code === "unavailable" || error.code === "not_found");

const lookOrSay = async (options: WatchOptions): Promise<Look | undefined> => {
  try {
    return await lookAtLog(options);
  } catch (error) {
    if (options.signal.aborted) return undefined;
    if (!isAway(error) || options.once) throw error;
    say(error.message);
    return undefined;
  }
};

/** Signs a log as it grows, until the signal, or once. Ends with 6 where the log shows another history than the one signed. */
export const watchLog = async (options: WatchOptions): Promise<ExitCode> => {
  const { out, once, everyS, signal } = options;
  let signed = "";
  while (!signal.aborted) {
    const look = await lookOrSay(options);
    if (look?.kind === "refused") {
      say(`Not signed: ${look.says}`);
      return exitCodes.findings;
    }
    const name = look === undefined ? "" : `${String(look.checkpoint.size)} records of ${look.checkpoint.origin}`;
    if (look !== undefined && name !== signed) {
      if (out === undefined) printData(look.note);
      else writeNote(out, look.note);
      say(`${new Date().toISOString()} signed ${name}`);
      signed = name;
    }
    if (once) return exitCodes.ok;
    await sleep(everyS * millisecondsPerSecond, undefined, { signal }).catch(() => undefined);
  }
  return exitCodes.ok;
};
