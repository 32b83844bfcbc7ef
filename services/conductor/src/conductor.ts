import { topics } from "@finality/contracts";
import type { Dataset, TimelineInstant } from "@finality/datasets";
import { ConductorError } from "./errors.ts";
import { pendingReports, markPublished } from "./outbox.ts";
import { lastPublished, publish, tickMessages, type Channel, type Published } from "./publish.ts";
import { nextDueUs, unquietReason, type RingDeps } from "./quiet.ts";

export type FeedProgress = {
  readonly instantUs: number;
  /** Instants of the dataset that are over, and how many it has; orders on their way add instants of their own. */
  readonly done: number;
  readonly of: number;
};

export type FeedOptions = RingDeps & {
  readonly dataset: Dataset;
  readonly partition: number;
  /** Recorded seconds per second of the wall clock; "max": as fast as the house becomes quiet. */
  readonly speed: number | "max";
  readonly signal: AbortSignal;
  readonly onInstant?: (progress: FeedProgress) => void;
  /** Called every `explainAfterMs` while the house does not become quiet, with what it waits for (rule 41). */
  readonly onWaiting?: (reason: string) => void;
  /** Puts the halt in force at every executor before its message is published (rule 22). */
  readonly beforeHalt: (haltId: string, book: string | undefined) => Promise<void>;
};

const pollMs = 2;
const explainAfterMs = 5_000;

/**
 * Feeds a dataset in lock-step (rules 32 and 33): publishes one instant's messages, one topic at a time, waits until the house is quiet
 * after each, publishes the venue's reports of that instant until there are no new ones, then goes to the next instant, which is the
 * dataset's next or the next arrival of an order at the venue. Called again, it goes on behind its own last message.
 * Resolves when the dataset is over or the signal is aborted. Throws `ConductorError` "begins_too_early".
 */
export const feed = async (options: FeedOptions): Promise<void> => {
  const { dataset, partition, signal } = options;
  const log = dataset.manifest.log;
  const channel: Channel = { bus: options.bus, dataset: dataset.manifest.dataset, log, partition };
  const published = await lastPublished(channel);
  const lastInstantUs = Math.max(...Object.values(published).map((place) => place?.instantUs ?? -1), -1);
  await checkBeginning(options, lastInstantUs);

  const pace = pacer(options.speed, signal);
  const { timeline } = dataset;
  let next = timeline.findIndex((instant) => instant.instantUs >= lastInstantUs);
  if (next === -1) next = timeline.length;
  let nowUs = lastInstantUs;
  let resumed: Published | undefined = published;
  while (!signal.aborted) {
    const scheduled = timeline[next];
    // A resumed instant is done again from where it stopped, also one that was an order's arrival.
    const arrivalUs = resumed !== undefined && lastInstantUs >= 0 ? lastInstantUs : await nextDueUs(options, log, nowUs);
    const instant = earliest(scheduled, arrivalUs);
    if (instant === undefined) return;
    await pace(instant.instantUs);
    if (signal.aborted) return;
    await conduct(options, channel, instant, resumed ?? {});
    resumed = undefined;
    nowUs = instant.instantUs;
    if (instant === scheduled) next += 1;
    options.onInstant?.({ instantUs: nowUs, done: next, of: timeline.length });
  }
};

const earliest = (scheduled: TimelineInstant | undefined, arrivalUs: number | undefined): TimelineInstant | undefined => {
  if (arrivalUs === undefined || (scheduled !== undefined && scheduled.instantUs <= arrivalUs)) return scheduled;
  return { instantUs: arrivalUs, ticks: [], control: [] };
};

const conduct = async (options: FeedOptions, channel: Channel, instant: TimelineInstant, published: Published): Promise<void> => {
  const { instantUs } = instant;
  const nextPart = (topic: string): number => {
    const place = published[topic];
    return place !== undefined && place.instantUs === instantUs ? place.part + 1 : 0;
  };
  const ticksFrom = nextPart(topics.ticks);
  await publish(channel, instantUs, tickMessages(instant).slice(ticksFrom), ticksFrom);
  await untilQuiet(options);
  let reportPart = nextPart(topics.executions);
  let control = instant.control.slice(nextPart(topics.control));
  let controlPart = nextPart(topics.control);
  while (!options.signal.aborted) {
    const reports = await pendingReports(options.database, channel.log);
    await publish(channel, instantUs, reports.map(({ report }) => report), reportPart);
    await markPublished(options.database, reports);
    reportPart += reports.length;
    if (reports.length > 0) await untilQuiet(options);
    if (reports.length === 0 && control.length === 0) return;
    for (const step of control) if (step.type === "halt") await options.beforeHalt(step.body.haltId, step.body.book);
    await publish(channel, instantUs, control, controlPart);
    controlPart += control.length;
    if (control.length > 0) await untilQuiet(options);
    control = [];
  }
};

const untilQuiet = async (options: FeedOptions): Promise<void> => {
  let explained = performance.now();
  while (!options.signal.aborted) {
    const reason = await unquietReason(options, options.dataset.manifest.log, options.partition);
    if (reason === undefined) return;
    if (performance.now() - explained > explainAfterMs) {
      explained = performance.now();
      options.onWaiting?.(reason);
    }
    await sleep(pollMs, options.signal);
  }
};

const checkBeginning = async ({ database, dataset }: FeedOptions, lastInstantUs: number): Promise<void> => {
  const { manifest, timeline } = dataset;
  const { rows } = await database.query<{ readonly recorded_us: number; readonly position: number }>("SELECT recorded_us, position FROM event_log.head WHERE log = $1", [manifest.log]);
  const [head] = rows;
  const firstUs = timeline[0]?.instantUs ?? 0;
  if (lastInstantUs >= 0 || head === undefined || head.position === 0 || firstUs >= head.recorded_us) return;
  throw new ConductorError(
    "begins_too_early",
    `The dataset ${manifest.dataset} begins at ${isoOf(firstUs)}, but the log ${manifest.log} has already recorded up to ${isoOf(head.recorded_us)}: a log's time does not go back. Use a fresh data folder.`,
  );
};

const isoOf = (timeUs: number): string => new Date(timeUs / 1_000).toISOString();

/** Waits until the wall clock has come as far as the recorded one, `speed` times as fast, counted from the first call. */
const pacer = (speed: number | "max", signal: AbortSignal): ((instantUs: number) => Promise<void>) => {
  let start: { readonly wallMs: number; readonly instantUs: number } | undefined;
  return async (instantUs) => {
    if (speed === "max") return;
    start ??= { wallMs: performance.now(), instantUs };
    const dueMs = start.wallMs + (instantUs - start.instantUs) / 1_000 / speed;
    await sleep(dueMs - performance.now(), signal);
  };
};

const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (milliseconds <= 0 || signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });
