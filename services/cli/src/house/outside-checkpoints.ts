import { createCheckpointFolder, type CheckpointFolder } from "@finality/history";
import type { Era } from "@finality/transparency";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { say } from "../output.ts";
import type { OpenData } from "./open-data.ts";
import { checkpointsOf } from "./signing-key.ts";

type Asked = {
  /** By `--checkpoints`. */
  readonly named: string | undefined;
  readonly eras: readonly Era[];
  readonly logs: readonly string[];
};

/**
 * The checkpoints that are kept outside the database, or without one; undefined where none are. A log without one is named, and a folder that was asked for and
 * holds none is refused: nothing may be taken for compared that was not. Throws `CliError`.
 */
export const outsideCheckpoints = async (config: Config, data: OpenData | undefined, { named, eras, logs }: Asked): Promise<CheckpointFolder | undefined> => {
  const path = named ?? config.environment["FINALITY_CHECKPOINTS"] ?? (data === undefined || data.isCluster ? undefined : checkpointsOf(data.ownFolder));
  if (named !== undefined && eras.length === 0) throw new CliError("usage", `Say with FINALITY_KNOWN_KEYS which public key signed the checkpoints in ${named}.`);
  if (path === undefined || eras.length === 0) return undefined;
  const folder = createCheckpointFolder(path);
  const missing: string[] = [];
  for (const log of logs) if ((await folder.kept(log)) === undefined) missing.push(log);
  if (named !== undefined && missing.length === logs.length) throw new CliError("not_found", `${named} holds no checkpoint of ${missing.join(", ")}: name the folder in which the notary keeps the newest ones.`);
  for (const log of missing) say(`${path} holds no checkpoint of ${log}: the log is not compared with one.`);
  return folder;
};
