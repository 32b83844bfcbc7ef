import type { FeedProgress } from "@finality/conductor";
import type { Dataset } from "@finality/datasets";
import type { Config } from "../config.ts";
import { say, timeOfDay } from "../output.ts";
import { bar, createInPlace } from "./live-view.ts";

const frameMs = 200;

export type DaysView = {
  onInstant(dataset: Dataset, progress: FeedProgress): void;
  onWaiting(dataset: Dataset, reason: string): void;
  /** Its day is over. */
  onEnd(dataset: Dataset): void;
  end(): Promise<void>;
};

type Standing = { readonly progress?: FeedProgress; readonly waiting?: string; readonly over?: true };

/** Shows several days as they go: a line for each that is on its way; elsewhere than on a terminal, which are over and why one stands still. */
export const showDays = (config: Config, datasets: readonly Dataset[]): DaysView => {
  const standings = new Map<Dataset, Standing>();
  const over = (): number => [...standings.values()].filter((standing) => standing.over).length;
  const overText = (): string => `${String(over())} of ${String(datasets.length)} over`;
  if (!config.terminal) {
    return {
      onInstant: () => undefined,
      onWaiting: ({ manifest }, reason) => { say(`${manifest.log} is still waiting: ${reason}`); },
      onEnd: (dataset) => {
        standings.set(dataset, { over: true });
        say(`${dataset.manifest.log} is over; ${overText()}`);
      },
      end: () => Promise.resolve(),
    };
  }
  const view = createInPlace(process.stderr);
  const lineOf = ({ manifest }: Dataset, { progress, waiting }: Standing): string => {
    if (progress === undefined) return `${manifest.log.padEnd(12)}${waiting ?? ""}`;
    const share = progress.done / progress.of;
    return `${manifest.log.padEnd(12)}${timeOfDay(progress.instantUs)} UTC  ${bar(share)} ${String(Math.round(share * 100)).padStart(3)} %${waiting === undefined ? "" : `  waiting: ${waiting}`}`;
  };
  const draw = (): void => {
    const underWay = datasets.flatMap((dataset) => {
      const standing = standings.get(dataset);
      return standing === undefined || standing.over === true ? [] : [lineOf(dataset, standing)];
    });
    view.draw([overText(), ...underWay]);
  };
  const timer = setInterval(draw, frameMs);
  return {
    onInstant: (dataset, progress) => { standings.set(dataset, { progress }); },
    onWaiting: (dataset, waiting) => { standings.set(dataset, { ...standings.get(dataset), waiting }); },
    onEnd: (dataset) => { standings.set(dataset, { over: true }); },
    end: () => {
      clearInterval(timer);
      draw();
      view.end();
      return Promise.resolve();
    },
  };
};
