import { canonicalJson, encodeMessage, type Tick } from "@finality/contracts";
import { loadDataset, onWallClock, type ControlStep, type Dataset } from "@finality/datasets";

/** The shipped day as a live log that can be fed for as long, and as fast, as a benchmark wants. */
export type Market = {
  readonly log: string;
  readonly books: readonly string[];
  /** What opens the log, its instruments, books and positions, as messages of the control topic. */
  opening(startsAtUs: number): readonly Buffer[];
  /** The next so many ticks as one message, all known at `venueTimeUs`. There and back over the day, so that no price jumps. */
  next(ticks: number, venueTimeUs: number): Buffer;
};

const shippedDay = "spx-2021-01-04";
const dayUs = 24 * 3_600 * 1_000_000;
const dayMs = dayUs / 1_000;
/** Cooldowns of the market are shortened as if a minute took a second. */
const speed = 60;
const timeField = '"venueTimeUs":';

/** A tick's JSON in front of and behind its time. */
type TickText = readonly [before: string, after: string];

/** `copy`: under names of its own, so that several logs can be had. */
export const marketOf = (copy?: string): Market => {
  const dataset = loadDataset(shippedDay, copy === undefined ? {} : { copy });
  const { log, books } = dataset.manifest;
  const ticks = dataset.timeline.flatMap(({ ticks: known }) => known.map(textOf));
  const walk = [...ticks, ...ticks.slice(1, -1).reverse()];
  let played = 0;
  return {
    log,
    books: books.map(({ book }) => book),
    opening: (startsAtUs) => openingOf(dataset, startsAtUs).map((step) => Buffer.from(encodeMessage({ ...step, version: 1, log }))),
    next: (count, venueTimeUs) => {
      const time = String(venueTimeUs);
      const texts: string[] = [];
      for (let taken = 0; taken < count; taken += 1) {
        const [before, after] = walk[played++ % walk.length] ?? ["", ""];
        texts.push(before + time + after);
      }
      return Buffer.from(`{"body":{"ticks":[${texts.join(",")}]},"log":"${log}","type":"ticks","version":1}`);
    },
  };
};

const textOf = (tick: Tick): TickText => {
  const [before = "", after = ""] = Buffer.from(canonicalJson({ ...tick, venueTimeUs: 0 })).toString().split(`${timeField}0`);
  return [before + timeField, after];
};

/** Everything up to the first policies, now; a backlog may lie for a while, and a run may take long, without a tick being late, a quote old or an option over. */
const openingOf = ({ timeline }: Dataset, startsAtUs: number): readonly ControlStep[] => {
  const hedgingFrom = timeline.findIndex(({ control }) => control.some(({ type }) => type === "set_policy"));
  return onWallClock(timeline.slice(0, hedgingFrom + 1), { startsAtUs, speed })
    .flatMap(({ control }) => control)
    .map((step): ControlStep => {
      switch (step.type) {
        case "open_log":
          return { ...step, body: { ...step.body, lateAfterMs: dayMs, maxFutureMs: dayMs } };
        case "open_book":
          return { ...step, body: { ...step.body, limits: { ...step.body.limits, maxQuoteAgeMs: dayMs } } };
        case "book_trade":
          return { ...step, body: { ...step.body, venueTimeUs: startsAtUs } };
        case "list_instrument":
          return "expiryUs" in step.body.instrument ? { ...step, body: { instrument: { ...step.body.instrument, expiryUs: step.body.instrument.expiryUs + 30 * dayUs } } } : step;
        default:
          return step;
      }
    });
};
