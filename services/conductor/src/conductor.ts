import { topicNames, topics, type TopicName } from "@finality/contracts";
import { markPublished } from "@finality/execution";
import type { Dataset, TimelineInstant } from "@finality/datasets";
import { pause } from "@finality/service-kit";
import { checkBeginning } from "./beginning.ts";
import { pendingReports } from "./outbox.ts";
import { pacer, type Speed } from "./pacing.ts";
import { lastPublished, publish, tickMessages, type Channel, type Outgoing, type Published } from "./publish.ts";
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
  readonly speed: Speed;
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
  const { timeline } = dataset;
  const { log } = dataset.manifest;
  const channel: Channel = { bus: options.bus, dataset: dataset.manifest.dataset, log, partition };
  let published: Published = await lastPublished(channel);
  // The instant that is done again from where it stopped; it may have been an order's arrival.
  let resumedUs = lastInstantOf(published);
  await checkBeginning(options.database, dataset, resumedUs);

  const pace = pacer(options.speed, signal);
  let nowUs = resumedUs ?? -1;
  let next = timeline.findIndex((instant) => instant.instantUs >= nowUs);
  if (next === -1) next = timeline.length;
  while (!signal.aborted) {
    const scheduled = timeline[next];
    const instant = earliest(scheduled, resumedUs ?? (await nextDueUs(options, log, nowUs)));
    if (instant === undefined) return;
    await pace(instant.instantUs);
    if (signal.aborted) return;
    await conduct(options, channel, instant, published);
    if (signal.aborted) return;
    published = {};
    resumedUs = undefined;
    nowUs = instant.instantUs;
    if (instant === scheduled) next += 1;
    options.onInstant?.({ instantUs: nowUs, done: next, of: timeline.length });
  }
};

const lastInstantOf = (published: Published): number | undefined => {
  const instants = Object.values(published).flatMap((place) => place?.instantUs ?? []);
  return instants.length === 0 ? undefined : Math.max(...instants);
};

const earliest = (scheduled: TimelineInstant | undefined, arrivalUs: number | undefined): TimelineInstant | undefined => {
  if (arrivalUs === undefined || (scheduled !== undefined && scheduled.instantUs <= arrivalUs)) return scheduled;
  return { instantUs: arrivalUs, ticks: [], control: [] };
};

/** One instant, from the parts of it that `published` leaves. An aborted one is left where it stands: nothing is published into a house that is not quiet. */
const conduct = async (options: FeedOptions, channel: Channel, instant: TimelineInstant, published: Published): Promise<void> => {
  const { instantUs } = instant;
  const { signal, database } = options;
  const parts = new Map(topicNames.map((topic) => [topic, partsAt(published[topic], instantUs)]));
  const send = async (topic: TopicName, outgoing: readonly Outgoing[]): Promise<void> => {
    if (outgoing.length === 0) return;
    const part = parts.get(topic) ?? 0;
    await publish(channel, instantUs, outgoing, part);
    parts.set(topic, part + outgoing.length);
  };
  await send(topics.ticks, tickMessages(instant).slice(parts.get(topics.ticks)));
  await untilQuiet(options);
  let control = instant.control.slice(parts.get(topics.control));
  while (!signal.aborted) {
    const reports = await pendingReports(database, channel.log);
    await send(topics.executions, reports.map(({ report }) => report));
    // Publishing comes first: a crash between the two repeats reports, and the writer knows them by id.
    await markPublished(database, reports.map(({ id }) => id));
    if (reports.length > 0) await untilQuiet(options);
    if (signal.aborted || (reports.length === 0 && control.length === 0)) return;
    for (const step of control) if (step.type === "halt") await options.beforeHalt(step.body.haltId, step.body.book);
    await send(topics.control, control);
    if (control.length > 0) await untilQuiet(options);
    control = [];
  }
};

const partsAt = (place: Published[string], instantUs: number): number => (place?.instantUs === instantUs ? place.part + 1 : 0);

const untilQuiet = async (options: FeedOptions): Promise<void> => {
  let explained = performance.now();
  while (!options.signal.aborted) {
    const reason = await unquietReason(options, options.dataset.manifest.log, options.partition);
    if (reason === undefined) return;
    if (performance.now() - explained > explainAfterMs) {
      explained = performance.now();
      options.onWaiting?.(reason);
    }
    await pause(pollMs, options.signal);
  }
};
