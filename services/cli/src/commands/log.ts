import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { decodeRecord, tickAt, type LogRecord } from "@finality/contracts";
import { exportLog } from "@finality/event-log";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { dayOf, printData, say, timeOfDay } from "../output.ts";
import { onlyLog, withData, type DataOptions } from "./with-data.ts";

type ShowOptions = DataOptions & { readonly log?: string; readonly from: number; readonly limit: number; readonly type?: string; readonly jsonl?: true };
type ExportOptions = DataOptions & { readonly log?: string; readonly out: string };

const chunk = 500;
const bodyWidth = 140;

/** Records as they were decoded, in order of position. */
export const runLogShow = (config: Config, options: ShowOptions): Promise<void> =>
  withData(config, options, async (_folder, reader) => {
    const log = await onlyLog(reader, options.log);
    let shown = 0;
    for (let after = Math.max(0, options.from - 1); shown < options.limit; ) {
      const records = await reader.read(log, after, chunk);
      if (records.length === 0) break;
      for (const stored of records) {
        if (shown >= options.limit) break;
        if (options.type !== undefined && stored.type !== options.type) continue;
        printData(lineOf(decodeRecord(stored), options.jsonl === true));
        shown += 1;
      }
      after = records.at(-1)?.position ?? after;
    }
    if (shown === 0) say("No record there.");
  });

const lineOf = (record: LogRecord, whole: boolean): string => {
  const body: unknown = record.type === "TicksRecorded" ? { ticks: Array.from({ length: record.body.count }, (_unused, index) => tickAt(record.body, index)) } : record.body;
  if (whole) return JSON.stringify({ ...record, body });
  const text = JSON.stringify(body);
  const shown = text.length > bodyWidth ? `${text.slice(0, bodyWidth)}…` : text;
  return `${String(record.position).padStart(6)}  ${dayOf(record.recordedTimeUs)} ${timeOfDay(record.recordedTimeUs)}  ${record.type.padEnd(22)}  ${shown}`;
};

/** The raw records in one file, as `finality log export` writes it and the fold on another machine reads it. */
export const runLogExport = (config: Config, options: ExportOptions): Promise<void> =>
  withData(config, options, async (_folder, reader) => {
    const log = await onlyLog(reader, options.log);
    const file = createWriteStream(options.out, { flags: "wx" });
    try {
      await once(file, "open");
    } catch (cause) {
      const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
      throw new CliError("conflict", exists ? `${options.out} exists already: name another file.` : `${options.out} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
    }
    const { head } = await exportLog(reader, log, file);
    file.end();
    await once(file, "close");
    say(`${String(head)} records of ${log} are in ${options.out}.`);
  });
