import { lockFolder, startEmbeddedPostgres } from "@finality/database";
import { loadDataset } from "@finality/datasets";
import { folderToRead, type Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { openDataFolder } from "../house/data-folder.ts";
import { feedDataset, openFeedHouse } from "../house/feed-dataset.ts";
import { interruption } from "../house/interruption.ts";
import { printData, say } from "../output.ts";
import { showDay } from "../terminal/show-day.ts";

type FeedCommand = { readonly dataset: string; readonly speed: number | "max"; readonly data?: string };

/** Conducts a recorded day into a house that runs in another process. */
export const runFeed = async (config: Config, options: FeedCommand): Promise<ExitCode> => {
  const dataset = loadDataset(options.dataset);
  const folder = folderToRead(config, options.data);
  await requireRunningHouse(folder);
  const interrupted = interruption();
  const data = await openDataFolder({ folder, exclusive: false });
  const house = await openFeedHouse(data);
  const view = showDay(config, data.database, dataset);
  try {
    say(`Feeding ${dataset.manifest.dataset} to the house in ${folder}.`);
    let conducted = 0;
    const onInstant: typeof view.onInstant = (progress) => {
      conducted += 1;
      view.onInstant(progress);
    };
    await feedDataset({ house, dataset, speed: options.speed, signal: interrupted.signal, onInstant, onWaiting: view.onWaiting });
    if (interrupted.signal.aborted) return exitCodes.interrupted;
    // A feed that goes on does its last instant once more, to see that nothing of it is missing.
    const nothingNew = conducted <= 1 && dataset.timeline.length > 1;
    printData(nothingNew ? `${dataset.manifest.dataset} was fed to this house already: there is nothing new in it.` : `${dataset.manifest.dataset} is over: ${String(dataset.timeline.length)} instants.`);
    return exitCodes.ok;
  } finally {
    await view.end();
    await house.close();
    await data.close();
    interrupted.done();
  }
};

/** Nobody would take the messages in: the feed would wait for ever. */
const requireRunningHouse = async (folder: string): Promise<void> => {
  const postgres = await startEmbeddedPostgres({ folder });
  const lock = await lockFolder(postgres).catch(() => undefined);
  if (lock === undefined) return;
  await lock.release();
  if (!postgres.adopted) await postgres.stop();
  throw new CliError("conflict", `No house is running on ${folder}: start one with \`npx -y pnpm@10 dev\` first, then feed it.`);
};
