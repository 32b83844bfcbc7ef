import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { clusterSettings, readSettings, type Values } from "@finality/runtime/settings";
import type { LogLevel } from "@finality/service-kit";
import { CliError } from "./exit-codes.ts";

/** What the command line takes from the environment, read once. Flags win over it. */
export type Config = {
  /** Where the data folders are, made when needed. */
  readonly dataRoot: string;
  readonly logLevel: LogLevel;
  /** A test hook: `<point>` or `<point>:<n>` kills the process at the n-th passage. */
  readonly crashAt: string | undefined;
  /** Progress in place: only on a terminal, off with CI. */
  readonly terminal: boolean;
  readonly color: boolean;
  /** A cluster to work on instead of a data folder: DATABASE_URL, KAFKA_BROKERS, REDIS_URL … */
  readonly cluster: Values<typeof clusterSettings>;
  /** As it was read, for the processes that a command starts. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const levels = ["debug", "info", "warn", "error", "silent"] as const;

export const readConfig = (environment: NodeJS.ProcessEnv = process.env): Config => {
  const asked = environment["FINALITY_LOG_LEVEL"] ?? "error";
  const logLevel = levels.find((level) => level === asked);
  if (logLevel === undefined) throw new CliError("usage", `FINALITY_LOG_LEVEL is "${asked}"; it must be one of ${levels.join(", ")}.`);
  const truthy = (name: string): boolean => !["", "0", "false", undefined].includes(environment[name]);
  return Object.freeze({
    dataRoot: resolve(environment["FINALITY_DATA"] ?? ".data"),
    logLevel,
    crashAt: environment["FINALITY_CRASH_AT"],
    terminal: process.stderr.isTTY && !truthy("CI"),
    color: process.stderr.isTTY && !truthy("NO_COLOR"),
    cluster: readSettings(clusterSettings, { environment }),
    environment,
  });
};

const lastFile = (config: Config): string => join(config.dataRoot, "last");

/** Remembers the folder that `demo` or `dev` ran on, so that `positions`, `replay` … look there next. */
export const rememberFolder = (config: Config, folder: string): void => {
  mkdirSync(dirname(lastFile(config)), { recursive: true });
  writeFileSync(lastFile(config), `${folder}\n`);
};

/** The folder named by `--data`, else the one used last. Throws `CliError` when there is none yet. */
export const folderToRead = (config: Config, named: string | undefined): string => {
  const folder = named === undefined ? remembered(config) : resolve(named);
  if (folder === undefined) throw new CliError("not_found", "There is no data yet: run `npx -y pnpm@10 demo` first, or name a data folder with --data.");
  if (!existsSync(join(folder, "postgres"))) throw new CliError("not_found", `${folder} holds no data of Finality: run \`npx -y pnpm@10 demo\` first, or name another folder with --data.`);
  return folder;
};

const remembered = (config: Config): string | undefined => {
  if (!existsSync(lastFile(config))) return undefined;
  return readFileSync(lastFile(config), "utf8").trim();
};
