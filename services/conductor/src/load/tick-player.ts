import type { OutgoingMessage } from "@finality/bus";
import { canonicalJson, topics, type Tick } from "@finality/contracts";
import type { Dataset } from "@finality/datasets";

/** Which of `count` recorded ticks the n-th of an endless play is: there and back again, so that no price jumps where the day is repeated. */
export const thereAndBack = (n: number, count: number): number => {
  const turn = Math.max(1, 2 * (count - 1));
  const at = n % turn;
  return at < count ? at : turn - at;
};

/** A tick's JSON around its venue time: the one thing that changes when it is played again. */
type TickText = readonly [before: string, after: string];

const text = new TextDecoder();
const bytes = new TextEncoder();
const timeField = '"venueTimeUs":';

const textOf = (tick: Tick): TickText => {
  const [before = "", after = ""] = text.decode(canonicalJson({ ...tick, venueTimeUs: 0 })).split(`${timeField}0`);
  return [`${before}${timeField}`, after];
};

/** Plays the recorded ticks of one log for as long as wanted, as the messages that the log takes. Never empty: a dataset has ticks. */
export class TickPlayer {
  readonly #log: string;
  readonly #partition: number;
  readonly #ticks: readonly TickText[];
  readonly #headers: Readonly<Record<string, string>>;
  #played = 0;

  constructor({ manifest, timeline }: Dataset, partition: number) {
    this.#log = manifest.log;
    this.#partition = partition;
    this.#ticks = timeline.flatMap(({ ticks }) => ticks.map(textOf));
    this.#headers = { "content-type": "application/json", ce_type: "ticks", ce_source: `load/${manifest.dataset}` };
  }

  /** The next `ticks` ticks as one message, all of them known at `venueTimeUs`. The bytes are those of `encodeMessage`. */
  next(ticks: number, venueTimeUs: number): OutgoingMessage {
    const time = String(venueTimeUs);
    let body = "";
    for (let taken = 0; taken < ticks; taken += 1) {
      const tick = this.#ticks[thereAndBack(this.#played, this.#ticks.length)];
      this.#played += 1;
      if (tick !== undefined) body += `${body === "" ? "" : ","}${tick[0]}${time}${tick[1]}`;
    }
    return {
      topic: topics.ticks,
      partition: this.#partition,
      key: this.#log,
      value: bytes.encode(`{"body":{"ticks":[${body}]},"log":"${this.#log}","type":"ticks","version":1}`),
      headers: this.#headers,
    };
  }
}
