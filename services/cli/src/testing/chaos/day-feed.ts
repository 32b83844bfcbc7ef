import { eventually } from "@finality/testkit";
import type { Arena } from "./arena.ts";
import { startFeeding, type Feeding } from "./feeding.ts";
import { untilQuiet } from "./quiet.ts";
import { checkLogs } from "../../check/check-logs.ts";
import type { Finding } from "../../check/finding.ts";
import { createNotifier } from "@finality/database";
import { createLogReader } from "@finality/event-log";

export type DayFeed = Feeding & { readonly logs: readonly string[]; /** Resolves when each of its logs has this many records. */ reached(position: number): Promise<void> };

export type DayFeedOptions = {
  readonly day: string;
  /** Which copies of the day: their logs are named after these numbers. */
  readonly copies: { readonly from: number; readonly count: number };
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
};

const twoDigits = (number: number): string => String(number).padStart(2, "0");

/** `finality feed` of copies of the day, in lock-step and as fast as the house is. */
export const feedCopies = ({ ground }: Arena, { day, copies, environment, onLine }: DayFeedOptions): DayFeed => {
  const logs = Array.from({ length: copies.count }, (_, index) => `SPX${twoDigits(copies.from + index)}`);
  const feeding = startFeeding(["feed", "--dataset", day, "--underlyings", String(copies.count), "--from", String(copies.from)], environment, onLine);
  const { database } = ground.postgres;
  const reached = async (position: number): Promise<void> => {
    await eventually(async () => {
      const { rows } = await database.query<{ readonly log: string }>("SELECT log FROM event_log.head WHERE log = ANY($1) AND position >= $2", [logs, position]);
      return rows.length === logs.length;
    }, { timeoutMs: 60_000 });
  };
  return { ...feeding, logs, reached };
};

/** What does not hold of these logs once nothing is under way any more. */
export const findingsOfSettled = async ({ ground, bus }: Arena, logs: readonly string[]): Promise<readonly (Finding | string)[]> => {
  const { database } = ground.postgres;
  const unsettled = await untilQuiet({ database, bus }, { withinMs: 60_000 });
  const reader = createLogReader({ database, notifier: createNotifier(database) });
  const checks = await checkLogs({ database, reader, bus }, { logs });
  return [...unsettled, ...checks.flatMap(({ findings }) => findings), ...checks.filter(({ records }) => records === 0).map(({ log }) => `${log} is empty`)];
};
