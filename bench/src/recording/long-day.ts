import type { Message, Tick } from "@finality/contracts";
import { loadDataset, type TimelineInstant } from "@finality/datasets";

/** A message before it is given its log and instant. */
export type Body = BodyOf<Message>;
type BodyOf<Each> = Each extends Message ? Pick<Each, "type" | "body"> : never;

export type Instant = { readonly instantUs: number; readonly ticks: readonly Tick[] };

/** The shipped day, made as long as a benchmark needs: its books and positions as they are, its quotes walked to the close, back, and so on. */
export type LongDay = {
  readonly log: string;
  /** From the log's opening to the policies, as recorded. */
  readonly opening: readonly TimelineInstant[];
  /** The ticks of each instant of one way there and back. */
  readonly round: readonly (readonly Tick[])[];
  /** Without an end: about 19 ticks an instant. */
  instants(): Generator<Instant, never>;
};

/** The next so many. `Iterator.take` would end the generator behind them. */
export const taker = (instants: Generator<Instant, never>): ((count: number) => readonly Instant[]) => {
  return (count) => Array.from({ length: count }, () => instants.next().value);
};

const shippedDay = "spx-2021-01-04";
/** A million ticks are over before the first options expire: an instant is 0.4 s where the day has a minute. */
const stepUs = 400_000;

export const longDay = (): LongDay => {
  const { manifest, timeline } = loadDataset(shippedDay);
  const hedgingFrom = timeline.findIndex(({ control }) => control.some(({ type }) => type === "set_policy"));
  const opening = timeline.slice(0, hedgingFrom + 1);
  const walked = timeline.slice(hedgingFrom + 1).filter(({ ticks, control }) => ticks.length > 0 && control.length === 0);
  // There and back, so that no price jumps.
  const round = [...walked, ...walked.toReversed()].map(({ ticks }) => ticks);
  return { log: manifest.log, opening, round, instants: () => walk(round, opening.at(-1)?.instantUs ?? 0) };
};

const walk = function* (round: LongDay["round"], fromUs: number): Generator<Instant, never> {
  for (let count = 0; ; count++) {
    const instantUs = fromUs + (count + 1) * stepUs;
    const ticks = round[count % round.length] ?? [];
    yield { instantUs, ticks: ticks.map((tick) => ({ ...tick, venueTimeUs: instantUs })) };
  }
};
