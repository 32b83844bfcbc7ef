import { userInfo } from "node:os";
import { isReasonCode } from "@finality/contracts";
import { EventLogError, orderGeneration } from "@finality/event-log";
import { createCheckpointFolder } from "@finality/history";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import type { OpenData } from "../house/open-data.ts";
import { checkpointsOf, erasOf, knownKeysOf } from "../house/signing-key.ts";
import { printJson, say } from "../output.ts";
import { onlyLog, withData, type DataOptions } from "./with-data.ts";

type RaiseOptions = DataOptions & { readonly log?: string; readonly reason: string; readonly checkpoints?: string; readonly yes?: true; readonly json?: true };

/** The generation that was attested outside PostgreSQL: the new one is above it, too. */
const attestedGeneration = async (config: Config, { isCluster, ownFolder }: OpenData, log: string, named: string | undefined): Promise<number> => {
  const folder = named ?? config.environment["FINALITY_CHECKPOINTS"] ?? (isCluster ? undefined : checkpointsOf(ownFolder));
  const eras = isCluster ? erasOf(config.environment["FINALITY_KNOWN_KEYS"] ?? "") : (knownKeysOf(ownFolder)?.eras ?? []);
  if (folder === undefined || eras.length === 0) return 0;
  return (await createCheckpointFolder(folder).newest(log, eras))?.generation ?? 0;
};

/** After a restore that lost records: the log goes on under ids of its own (rule 9). Its sequencer records it at its next start, before anything else. */
export const runRaiseGeneration = (config: Config, options: RaiseOptions): Promise<void> =>
  withData(config, options, async (data, reader) => {
    const log = await onlyLog(reader, options.log);
    if (!isReasonCode(options.reason)) throw new CliError("usage", `"${options.reason}" is no reason code: lower case letters, digits and underscores, at most 60, such as restored_backup.`);
    if (options.yes !== true) throw new CliError("usage", `The log ${log} gets a new generation, which cannot be taken back: repeat the command with --yes.`);
    const above = await attestedGeneration(config, data, log, options.checkpoints);
    const order = { reason: options.reason, actor: actorReference(data.ownFolder, userInfo().username), above };
    const generation = await orderGeneration(data.database, log, order).catch((error: unknown) => {
      if (error instanceof EventLogError && error.code === "conflict") throw new CliError("conflict", error.message, { cause: error });
      throw error;
    });
    if (options.json === true) printJson({ log, generation, reason: options.reason });
    else say(`Generation ${String(generation)} of ${log} begins when its sequencer starts next; ids of decisions are ${log}-${String(generation)}-… from there on.`);
  });
