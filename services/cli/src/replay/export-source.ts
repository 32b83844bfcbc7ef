import type { StoredRecord } from "@finality/contracts";
import { EventLogError, readExport } from "@finality/event-log";
import type { LogSource } from "@finality/history";
import { CliError } from "../exit-codes.ts";

type ExportedLog = LogSource & { readonly log: string; close(): Promise<void> };

const opened = async (path: string): ReturnType<typeof readExport> => {
  try {
    return await readExport(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") throw new CliError("not_found", `There is no file ${path}.`, { cause });
    if (code === "EISDIR") throw new CliError("validation", `${path} is a folder: name the file that \`finality log export\` wrote.`, { cause });
    throw cause instanceof EventLogError ? new CliError("validation", cause.message, { cause }) : cause;
  }
};

/** A file that `finality log export` wrote, read by position. It is read once from front to back as long as positions rise without a gap. */
export const openExport = async (path: string): Promise<ExportedLog> => {
  const { header } = await opened(path);
  const { log, generation, head: position, root } = header;
  let [at, records] = [0, undefined as AsyncIterator<StoredRecord> | undefined];
  const close = async (): Promise<void> => {
    await records?.return?.();
    records = undefined;
  };
  const rewind = async (): Promise<AsyncIterator<StoredRecord>> => {
    await close();
    at = 0;
    return (await opened(path)).records[Symbol.asyncIterator]();
  };
  const next = async (): Promise<StoredRecord | undefined> => {
    const step = await (records ??= await rewind()).next();
    if (step.done === true) return undefined;
    at += 1;
    return step.value;
  };
  return {
    log,
    head: async (named) => (named === log ? { generation, position, root: Buffer.from(root, "hex") } : undefined),
    read: async (named, afterPosition, limit) => {
      if (named !== log || afterPosition >= position) return [];
      if (afterPosition < at) records = await rewind();
      while (at < afterPosition) if ((await next()) === undefined) return [];
      const found: StoredRecord[] = [];
      while (found.length < limit) {
        const record = await next();
        if (record === undefined) break;
        found.push(record);
      }
      return found;
    },
    close,
  };
};
