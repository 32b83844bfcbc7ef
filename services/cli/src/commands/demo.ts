import { resolve } from "node:path";
import { createPrisma } from "@finality/database";
import { loadDataset, type Dataset } from "@finality/datasets";
import { createDeadLetters } from "@finality/event-log";
import { rememberFolder, type Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { openDataFolder } from "../house/data-folder.ts";
import { feedDataset } from "../house/feed-dataset.ts";
import { requireFreePorts } from "../house/free-ports.ts";
import { interruption } from "../house/interruption.ts";
import { startHouse, type House } from "../house/house.ts";
import { printData, printJson, say } from "../output.ts";
import { foldRecords } from "../replay/fold-records.ts";
import { storedRecords } from "../replay/verify-log.ts";
import { showDay } from "../terminal/show-day.ts";
import { readBookLines } from "../terminal/read-book-lines.ts";
import { summaryText, type Summary } from "../terminal/summary.ts";

type DemoOptions = {
  readonly dataset: string;
  readonly speed?: number | "max";
  readonly exit?: true;
  readonly json?: true;
  readonly data?: string;
  readonly port: number;
};

/** The day takes about so long unless a speed is asked for. */
const usualSeconds = 60;

/** Feeds a recorded day to a fresh house, shows it, sums it up. */
export const runDemo = async (config: Config, options: DemoOptions): Promise<ExitCode> => {
  const dataset = loadDataset(options.dataset);
  const folder = resolve(options.data ?? `${config.dataRoot}/demo`);
  await requireFreePorts(options.port);
  const interrupted = interruption();
  const data = await openDataFolder({ folder, exclusive: true, fresh: true });
  let house: House | undefined;
  try {
    rememberFolder(config, folder);
    house = await startHouse({ data, config, port: options.port });
    say(`${dataset.manifest.title}\nA fresh house in ${folder}; api: ${house.api.url}/v1/books`);
    await house.whileRunning(runDay(config, house, dataset, options.speed ?? usualSpeed(dataset), interrupted.signal));
    if (interrupted.signal.aborted) return exitCodes.interrupted;
    const summary = await summarize(house, dataset, folder);
    if (options.json === true) printJson(documentOf(dataset, summary));
    else printData(summaryText(summary));
    if (options.exit !== true) {
      say(`\nThe house stays open: ${house.api.url}/v1/books (Ctrl-C ends it).`);
      await house.whileRunning(interrupted.happened);
    }
    return summary.deadLetters > 0 ? exitCodes.findings : exitCodes.ok;
  } finally {
    await house?.stop();
    await data.close();
    interrupted.done();
  }
};

const usualSpeed = ({ timeline }: Dataset): number => {
  const [first, last] = [timeline[0]?.instantUs ?? 0, timeline.at(-1)?.instantUs ?? 0];
  return Math.max(1, (last - first) / 1_000_000 / usualSeconds);
};

const runDay = async (config: Config, house: House, dataset: Dataset, speed: number | "max", signal: AbortSignal): Promise<void> => {
  const view = showDay(config, house.data.database, dataset);
  try {
    await feedDataset({ house: { ...house, database: house.data.database }, dataset, pace: { clock: "data", speed }, signal, onInstant: view.onInstant, onWaiting: view.onWaiting });
    await house.projected(dataset.manifest.log, signal);
  } finally {
    await view.end();
  }
};

const summarize = async (house: House, dataset: Dataset, folder: string): Promise<Summary> => {
  const { log, title } = dataset.manifest;
  const prisma = createPrisma(house.data.database);
  const { books, currency } = await readBookLines(prisma, log);
  const head = (await house.reader.head(log))?.position ?? 0;
  const deadLetters = await createDeadLetters(house.data.database).count({ log, state: "open" });
  return { title, currency, books, logs: [await foldRecords(log, storedRecords(house.reader, log, head))], folder, deadLetters };
};

const documentOf = (dataset: Dataset, { logs, books }: Summary): unknown => ({
  dataset: dataset.manifest.dataset,
  logs,
  books: books.map(({ book, optionPnl, hedgePnl, settlement, fees, netPnl, hedges, maxAbsNetDelta, meanAbsNetDelta }) => ({
    book, optionPnl, hedgePnl, settlement, fees, netPnl, hedges, maxAbsNetDelta, meanAbsNetDelta,
  })),
});
