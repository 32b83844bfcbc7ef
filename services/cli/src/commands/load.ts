import { generateLoad, type LoadSecond, type LoadSummary } from "@finality/conductor";
import { loadCopies } from "@finality/datasets";
import type { Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { interruption } from "../house/interruption.ts";
import { openParts } from "../house/open-parts.ts";
import { money, printData, printJson, say } from "../output.ts";

export type LoadCommand = {
  readonly dataset: string;
  readonly underlyings: number;
  /** Ticks a second over all underlyings. */
  readonly rate: number;
  /** Ticks in one message. */
  readonly perMessage: number;
  /** Absent: until Ctrl-C. */
  readonly seconds?: number;
  readonly data?: string;
  readonly json?: true;
};

/** Keeps the logs of a load apart from those of days that were fed: `SPXL01`, `SPXL02` … */
const mark = "L";

/** Repeats recorded ticks into a running house at a rate, and says each second how it keeps up. */
export const runLoad = async (config: Config, { dataset, underlyings, rate, perMessage, seconds, data, json }: LoadCommand): Promise<ExitCode> => {
  const copies = loadCopies(dataset, { count: underlyings, mark });
  const interrupted = interruption();
  try {
    const parts = await openParts(config, data === undefined ? {} : { data });
    try {
      say(`Loading ${parts.place} with ${String(underlyings)} underlyings of ${dataset}: ${money(rate)} ticks/s, ${String(perMessage)} a message${seconds === undefined ? ", until Ctrl-C" : `, for ${String(seconds)} s`}.`);
      const { signal } = interrupted;
      const { database, bus, catalogue } = parts;
      const summary = await generateLoad({ database, bus, catalogue, underlyings: copies, ticksPerS: rate, ticksPerMessage: perMessage, signal, onSecond: saySecond, ...(seconds === undefined ? {} : { seconds }) });
      if (json === true) printJson(summary);
      else printData(textOf(summary));
      return signal.aborted && seconds !== undefined ? exitCodes.interrupted : exitCodes.ok;
    } finally {
      await parts.close();
    }
  } finally {
    interrupted.done();
  }
};

const lag = (messages: number | null): string => (messages === null ? "lag not known" : `${money(messages)} messages behind`);

const saySecond = ({ second, askedTicksPerS, reachedTicksPerS, lagMessages }: LoadSecond): void => {
  say(`${String(second).padStart(5)} s  asked ${money(askedTicksPerS)}/s  reached ${money(reachedTicksPerS)}/s  ${lag(lagMessages)}`);
};

const textOf = ({ ticks, messages, seconds, askedTicksPerS, reachedTicksPerS, lostTicks, failedSends, mostLagMessages, lastLagMessages }: LoadSummary): string =>
  [
    `${money(ticks)} ticks in ${money(messages)} messages over ${seconds.toFixed(1)} s: ${money(reachedTicksPerS)} of ${money(askedTicksPerS)} ticks/s.`,
    `The log: ${lag(lastLagMessages)} at the end, at most ${money(mostLagMessages)}.`,
    ...(lostTicks > 0 ? [`${money(lostTicks)} ticks were not sent: the bus was too slow for the rate.`] : []),
    ...(failedSends > 0 ? [`${money(failedSends)} sends were refused by the bus.`] : []),
  ].join("\n");
