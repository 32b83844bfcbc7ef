import { userInfo } from "node:os";
import { isReasonCode } from "@finality/contracts";
import { orderSkip, stopOf, type LogStop, type MessagePlace } from "@finality/event-log";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { actorReference } from "../house/actor.ts";
import { printJson, say } from "../output.ts";
import { onlyLog, withData, type DataOptions } from "./with-data.ts";

type SkipOptions = DataOptions & { readonly log?: string; readonly at: string; readonly reason: string; readonly yes?: true; readonly json?: true };

const nameOf = ({ topic, partition, offset }: MessagePlace): string => `${topic}/${String(partition)}/${String(offset)}`;

const placeOf = (text: string): MessagePlace => {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,10})\/(\d{1,16})$/.exec(text) ?? [];
  if (topic === undefined) throw new CliError("usage", `"${text}" is no message's place: it must be topic/partition/offset, as the log that stopped names it.`);
  return { topic, partition: Number(partition), offset: Number(offset) };
};

/**
 * Lets the writer of a log pass over the message that it stopped at, and no other (rule 10). The writer records it at its next look; the
 * bytes stay in the dead letters. Throws `CliError`: "not_found" for a log that stopped at no message, "conflict" where it stopped at another.
 */
export const runLogSkip = (config: Config, options: SkipOptions): Promise<void> =>
  withData(config, options, async ({ database, ownFolder }, reader) => {
    const place = placeOf(options.at);
    if (!isReasonCode(options.reason)) throw new CliError("usage", `"${options.reason}" is no reason code: lower case letters, digits and underscores, at most 60, such as known_bug.`);
    const log = options.log ?? (await onlyLog(reader, undefined));
    requireStopAt(log, place, await stopOf(database, log));
    if (options.yes !== true) throw new CliError("usage", `Skipping ${nameOf(place)} leaves it out of the log ${log} for good: repeat the command with --yes.`);
    const answer = await orderSkip(database, log, { ...place, reason: options.reason, actor: actorReference(ownFolder, userInfo().username) });
    if (answer.kind === "not_stopped") requireStopAt(log, place, answer.stop);
    if (options.json === true) printJson({ log, at: place, reason: options.reason, known: answer.kind === "known" });
    else say(`${nameOf(place)} ${answer.kind === "known" ? "was to be skipped already" : "will be skipped"}: the writer of ${log} records it at its next look, within seconds of running.`);
  });

const requireStopAt = (log: string, place: MessagePlace, stop: LogStop | undefined): void => {
  if (stop === undefined) throw new CliError("not_found", `The log ${log} stands still at no message: there is nothing to skip.`);
  if (nameOf(stop) !== nameOf(place)) throw new CliError("conflict", `The log ${log} stands still at ${nameOf(stop)} (${stop.error}), not at ${nameOf(place)}.`);
};
