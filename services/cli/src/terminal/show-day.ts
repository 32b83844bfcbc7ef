import { createPrisma, type Database } from "@finality/database";
import type { Dataset } from "@finality/datasets";
import type { FeedProgress } from "@finality/conductor";
import type { Config } from "../config.ts";
import { say } from "../output.ts";
import { createLiveView } from "./live-view.ts";
import { readBookLines } from "./read-book-lines.ts";

const frameMs = 200;

export type DayView = {
  onInstant: (progress: FeedProgress) => void;
  onWaiting: (reason: string) => void;
  end(): Promise<void>;
};

/** Shows the day as it goes: in place on a terminal; elsewhere only why it stands still, when it does. */
export const showDay = (config: Config, database: Database, dataset: Dataset): DayView => {
  const onWaiting = (reason: string): void => { if (!config.terminal) say(`still waiting: ${reason}`); };
  if (!config.terminal) return { onInstant: () => undefined, onWaiting, end: () => Promise.resolve() };

  const prisma = createPrisma(database);
  const view = createLiveView(process.stderr);
  let progress: FeedProgress | undefined;
  let waiting: string | undefined;
  const draw = async (): Promise<void> => {
    if (progress === undefined) return;
    const { books, spot, progress: read } = await readBookLines(prisma, dataset.manifest.log);
    const { done, of } = progress;
    const instantUs = read?.checkpoint.recordedTimeUs ?? progress.instantUs;
    view.draw({ dataset: dataset.manifest.dataset, instantUs, share: done / of, underlying: dataset.manifest.log, spot, books, ...(waiting === undefined ? {} : { waiting }) });
  };
  let drawing: Promise<void> = Promise.resolve();
  // A frame that cannot be read is skipped: the feed itself says what is wrong with the database.
  const timer = setInterval(() => { drawing = drawing.then(draw).catch(() => undefined); }, frameMs);
  return {
    onInstant: (latest) => { progress = latest; waiting = undefined; },
    onWaiting: (reason) => { waiting = reason; },
    end: async () => {
      clearInterval(timer);
      await drawing;
      await draw().catch(() => undefined);
      view.end();
    },
  };
};
