import { userInfo } from "node:os";
import { isReasonCode } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { createLogReader, generationHaltId, orderedGeneration, orderGeneration, type LogReader } from "@finality/event-log";
import { halt } from "@finality/execution";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import { recoverLog } from "../house/recover-log.ts";
import { openDataAlone, type OpenData } from "../house/open-data.ts";
import { outsideCheckpoints } from "../house/outside-checkpoints.ts";
import { erasOf, knownKeysOf } from "../house/signing-key.ts";
import { printJson, say } from "../output.ts";
import { onlyLog, type DataOptions } from "./with-data.ts";

type RaiseOptions = DataOptions & { readonly log?: string; readonly reason: string; readonly checkpoints?: string; readonly yes?: true; readonly json?: true };

/** The generation that was attested outside PostgreSQL: the new one is above it, too. */
const attestedGeneration = async (config: Config, data: OpenData, log: string, named: string | undefined): Promise<number> => {
  const eras = data.isCluster ? erasOf(config.environment["FINALITY_KNOWN_KEYS"] ?? "") : (knownKeysOf(data.ownFolder)?.eras ?? []);
  const outside = await outsideCheckpoints(config, data, { named, eras, logs: [log] });
  return (await outside?.newest(log, eras))?.generation ?? 0;
};

const alone = async (config: Config, { data: named }: DataOptions, work: (data: OpenData, reader: LogReader) => Promise<void>): Promise<void> => {
  const data = await openDataAlone(config, named);
  try {
    await work(data, createLogReader({ database: data.database, notifier: createNotifier(data.database) }));
  } finally {
    await data.close();
  }
};

/**
 * After a restore that lost records: the log goes on under ids of its own (rule 9). Its sequencer records it at its next start, before anything
 * else, and that its trading is halted: the log does not know what the venue did for the lost records. The same halt is in force for every
 * executor from now on. Commands whose answer is lost are asked about, never sent.
 */
export const runRaiseGeneration = (config: Config, options: RaiseOptions): Promise<void> =>
  alone(config, options, async (data, reader) => {
    const log = await onlyLog(reader, options.log);
    if (!isReasonCode(options.reason)) throw new CliError("usage", `"${options.reason}" is no reason code: lower case letters, digits and underscores, at most 60, such as restored_backup.`);
    if (options.yes !== true) throw new CliError("usage", `The log ${log} gets a new generation, which cannot be taken back, and its trading is halted: repeat the command with --yes.`);
    const { database } = data;
    const pending = await orderedGeneration(database, log);
    if (pending !== undefined) throw new CliError("conflict", `Generation ${String(pending.generation)} of ${log} is ordered already and begins when its sequencer starts next.`);
    const above = await attestedGeneration(config, data, log, options.checkpoints);
    const actor = actorReference(data.ownFolder, userInfo().username);
    const asked = await recoverLog(database, reader, log);
    const generation = await orderGeneration(database, log, { reason: options.reason, actor, above });
    await halt(database, { haltId: generationHaltId(log, generation), log, actor });
    if (options.json === true) printJson({ log, generation, reason: options.reason, asked });
    else {
      say(`Generation ${String(generation)} of ${log} begins when its sequencer starts next; ids of decisions are ${log}-${String(generation)}-… from there on.`);
      say(`Trading of ${log} is halted: compare positions with the venue, release the books that are held, then \`finality books resume --log ${log}\`.`);
      if (asked.length > 0) say(`The venue will be asked about ${asked.join(", ")}: nobody knows whether they were sent.`);
    }
  });
