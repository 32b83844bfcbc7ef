import { together } from "@finality/conductor";
import { lockFolder, startEmbeddedPostgres } from "@finality/database";
import { loadCopies, loadDataset, type Dataset } from "@finality/datasets";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { feedDataset, type Pace } from "../house/feed-dataset.ts";
import { interruption } from "../house/interruption.ts";
import { openParts, type Parts } from "../house/open-parts.ts";
import { printData, say } from "../output.ts";
import { showDay } from "../terminal/show-day.ts";
import { showDays, type DaysView } from "../terminal/show-days.ts";

export type FeedCommand = {
  readonly dataset: string;
  /** Recorded seconds in a second; absent: as fast as the house becomes quiet, or, live, 1. */
  readonly speed?: number | "max";
  readonly data?: string;
  /** On the wall clock instead of in lock-step. */
  readonly live?: true;
  /** The day as so many underlyings; absent: as it is. */
  readonly underlyings?: number;
  /** Number of the first of them. */
  readonly from?: number;
  /** Most in lock-step at a time. */
  readonly atOnce?: number;
};

const usualAtOnce = 8;

/** Conducts a recorded day, or several copies of it, into a house that runs in other processes. */
export const runFeed = async (config: Config, options: FeedCommand): Promise<ExitCode> => {
  const pace = paceOf(options);
  const { underlyings } = options;
  const datasets = datasetsOf(options);
  const interrupted = interruption();
  try {
    const parts = await openParts(config, options);
    try {
      if (!parts.isCluster) await requireRunningHouse(parts.place);
      say(`Feeding ${options.dataset}${underlyings === undefined ? "" : ` as ${datasets.map(({ manifest }) => manifest.log).join(", ")}`} to the house in ${parts.place}.`);
      // A live feed that waits its turn would not be live.
      const atOnce = pace.clock === "live" ? datasets.length : (options.atOnce ?? usualAtOnce);
      const conducted = await feedAll(config, { parts, datasets, pace, atOnce, signal: interrupted.signal });
      if (interrupted.signal.aborted) return exitCodes.interrupted;
      printData(datasets.map((dataset) => outcomeOf(dataset, conducted.get(dataset) ?? 0)).join("\n"));
      return exitCodes.ok;
    } finally {
      await parts.close();
    }
  } finally {
    interrupted.done();
  }
};

const datasetsOf = ({ dataset, underlyings, from }: FeedCommand): readonly Dataset[] => {
  if (underlyings !== undefined) return loadCopies(dataset, { count: underlyings, ...(from === undefined ? {} : { from }) });
  if (from !== undefined) throw new CliError("usage", `--from ${String(from)} numbers copies of the day: say with --underlyings how many.`);
  return [loadDataset(dataset)];
};

const paceOf = ({ live, speed }: FeedCommand): Pace => {
  if (live === undefined) return { clock: "data", speed: speed ?? "max" };
  if (speed === "max") throw new CliError("usage", "--live and --speed max contradict each other: a day on the wall clock has a speed, such as --speed 60.");
  return { clock: "live", speed: speed ?? 1 };
};

type FeedAll = { readonly parts: Parts; readonly datasets: readonly Dataset[]; readonly pace: Pace; readonly atOnce: number; readonly signal: AbortSignal };

/** How many instants of each were conducted. */
const feedAll = async (config: Config, { parts, datasets, pace, atOnce, signal }: FeedAll): Promise<ReadonlyMap<Dataset, number>> => {
  const conducted = new Map<Dataset, number>();
  const view = viewOf(config, parts, datasets);
  const works = datasets.map((dataset) => async (stop: AbortSignal) => {
    await feedDataset({
      house: parts,
      dataset,
      pace,
      signal: stop,
      onInstant: (progress) => {
        conducted.set(dataset, (conducted.get(dataset) ?? 0) + 1);
        view.onInstant(dataset, progress);
      },
      onWaiting: (reason) => { view.onWaiting(dataset, reason); },
    });
    if (!stop.aborted) view.onEnd(dataset);
  });
  try {
    await together(works, { atOnce, signal });
  } finally {
    await view.end();
  }
  return conducted;
};

const viewOf = (config: Config, { database }: Parts, datasets: readonly Dataset[]): DaysView => {
  const [only, ...others] = datasets;
  if (only === undefined || others.length > 0) return showDays(config, datasets);
  const view = showDay(config, database, only);
  return {
    onInstant: (_dataset, progress) => { view.onInstant(progress); },
    onWaiting: (_dataset, reason) => { view.onWaiting(reason); },
    onEnd: () => undefined,
    end: () => view.end(),
  };
};

const outcomeOf = ({ manifest, timeline }: Dataset, conducted: number): string => {
  // A feed that goes on does its last instant once more, to see that nothing of it is missing.
  const nothingNew = conducted <= 1 && timeline.length > 1;
  return nothingNew ? `${manifest.dataset} was fed to this house already: there is nothing new in it.` : `${manifest.dataset} is over: ${String(timeline.length)} instants.`;
};

/** Nobody would take the messages in: the feed would wait for ever. */
const requireRunningHouse = async (folder: string): Promise<void> => {
  const postgres = await startEmbeddedPostgres({ folder });
  const lock = await lockFolder(postgres).catch(() => undefined);
  if (lock === undefined) return;
  await lock.release();
  throw new CliError("conflict", `No house is running on ${folder}: start one with \`npx -y pnpm@10 dev\` first, then feed it.`);
};
