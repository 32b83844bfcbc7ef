import { createNotifier } from "@finality/database";
import { createLogReader, type LogReader } from "@finality/event-log";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { openData, type OpenData } from "../house/open-data.ts";

export type DataOptions = { readonly data?: string };

/** Looks into a cluster's database or a data folder, also one that no house runs on. */
export const withData = async <Result>(config: Config, { data }: DataOptions, work: (data: OpenData, reader: LogReader) => Promise<Result>): Promise<Result> => {
  const opened = await openData(config, data);
  try {
    const notifier = createNotifier(opened.database);
    return await work(opened, createLogReader({ database: opened.database, notifier }));
  } finally {
    await opened.close();
  }
};

/** The logs that a command is about: the one named, else all. Throws `CliError` when there is none. */
export const logsOf = async (reader: LogReader, named: string | undefined): Promise<readonly string[]> => {
  const logs = (await reader.heads()).filter((head) => head.position > 0).map(({ log }) => log);
  if (named === undefined && logs.length > 0) return logs;
  if (named !== undefined && logs.includes(named)) return [named];
  throw new CliError("not_found", named === undefined ? "There is no log yet: run `npx -y pnpm@10 demo` first." : `There is no log "${named}"; there ${logs.length === 1 ? "is" : "are"} ${logs.join(", ") || "none"}.`);
};

/** The one log that a command is about. Throws `CliError` when several are open and none is named. */
export const onlyLog = async (reader: LogReader, named: string | undefined): Promise<string> => {
  const [log, ...others] = await logsOf(reader, named);
  if (log === undefined || others.length > 0) throw new CliError("usage", `Several logs are open (${[log, ...others].join(", ")}): name one with --log.`);
  return log;
};
