import type { BusMessage } from "@finality/bus";
import { commandIdOf, topicNames, type DecisionRecord, type Message, type Side } from "@finality/contracts";
import type { SeededRandom } from "@finality/testkit";
import { book, fill, message, openDesk, quote, second, startUs, trade, type Body, type Outgoing } from "./desk-messages.ts";
import { LogModel, type Moment } from "./log-model.ts";

/** A message that lies on the log's partition, or a step of a live log's clock; with the wall clock at it and what the log holds behind it. */
export type TimelineItem = { readonly source: BusMessage | undefined; readonly nowUs: number; readonly behind: Moment };

export type Timeline = { readonly model: LogModel; readonly items: readonly TimelineItem[] };

type Hedge = { readonly commandId: string; readonly side: Side; readonly left: number; readonly filled: number };

/** What happens around a desk in one short history: prices, trades, hedges that are filled in parts, and everything that comes twice, late or spoilt. */
export const randomTimeline = (random: SeededRandom, place: { readonly log: string; readonly partition: number }): Timeline => {
  const desk = new RandomDesk(random, place);
  desk.open();
  for (let left = random.integer(3, 16); left > 0; left -= 1) desk.live();
  return desk;
};

class RandomDesk implements Timeline {
  readonly model: LogModel;
  readonly items: TimelineItem[] = [];
  readonly #random: SeededRandom;
  readonly #partition: number;
  readonly #isData: boolean;
  readonly #nextOffsets = new Map<string, number>();
  readonly #hedges: Hedge[] = [];
  #nowUs = startUs;
  #mid = 3_700;
  #ids = 0;

  constructor(random: SeededRandom, { log, partition }: { readonly log: string; readonly partition: number }) {
    this.#random = random;
    this.#partition = partition;
    this.#isData = random.integer(0, 2) > 0;
    this.model = new LogModel(log, this.#isData ? "data" : "live");
  }

  open(): void {
    const { log, clock } = this.model;
    for (const each of openDesk(log, clock, { stateHashEvery: this.#random.pick([3, 5, 9]) })) this.#publish(each);
    this.#publish(trade(log, "t-1", this.#instant()));
  }

  /** The wall clock of a live log is set back at times; an instant of recorded data may lie before the last one too. */
  live(): void {
    this.#nowUs += this.#random.integer(0, 9) === 0 ? -this.#random.integer(1, 30) * second : this.#random.integer(0, 4) * second;
    const kind = this.#random.pick(["prices", "prices", "prices", "prices", "execution", "execution", "again", "again", "garbage", "control", "time"] as const);
    if (kind === "prices") this.#prices();
    else if (kind === "execution") this.#execution();
    else if (kind === "again") this.#again();
    else if (kind === "garbage") this.#garbage();
    else if (kind === "control") this.#control();
    else this.#time();
  }

  #instant(): { readonly instantUs?: number } {
    return this.#isData ? { instantUs: this.#nowUs } : {};
  }

  #publish({ topic, value, headers }: Outgoing): void {
    const offset = this.#nextOffsets.get(topic) ?? 0;
    this.#nextOffsets.set(topic, offset + 1);
    const source = { topic, partition: this.#partition, offset, key: this.model.log, value, headers };
    this.#noteHedges(this.model.take(source, this.#nowUs));
    this.items.push({ source, nowUs: this.#nowUs, behind: this.model.moment() });
  }

  #noteHedges(decisions: readonly DecisionRecord[]): void {
    for (const decision of decisions) {
      if (decision.type !== "HedgeDecided") continue;
      this.#hedges.push({ commandId: commandIdOf(decision), side: decision.body.side, left: Number(decision.body.quantity), filled: 0 });
    }
  }

  #send<Type extends Message["type"]>(type: Type, body: Body<Type>): void {
    this.#publish(message(this.model.log, type, body, this.#instant()));
  }

  #nextId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${String(this.#ids)}`;
  }

  #prices(): void {
    const random = this.#random;
    this.#mid += random.integer(-8, 8) / 4;
    const good = Array.from({ length: random.integer(1, 3) }, () => quote(this.#mid, this.#nowUs));
    const bad = random.integer(0, 5) === 0 ? [quote(this.#mid, this.#nowUs, { instrument: "NOBODY" })] : [];
    this.#send("ticks", { ticks: random.shuffle([...good, ...bad]) });
  }

  #execution(): void {
    const hedge = this.#hedges.shift();
    const venueTimeUs = this.#nowUs;
    if (hedge === undefined) {
      this.#send("fill", fill({ fillId: this.#nextId("fill"), commandId: `${this.model.log}-1-99999`, venueTimeUs }));
      return;
    }
    const { commandId, side, left, filled } = hedge;
    const order = { account: book.account, commandId, venueTimeUs } as const;
    if (filled === 0) this.#send("order_report", { ...order, reportId: this.#nextId("report"), sequence: 1, state: this.#random.pick(["accepted", "accepted", "rejected"]), cumulativeQuantity: "0" });
    const quantity = this.#random.integer(1, left);
    const cumulativeQuantity = String(filled + quantity);
    this.#send("fill", fill({ ...order, fillId: this.#nextId("fill"), sequence: 2, side, quantity: String(quantity), cumulativeQuantity, price: this.#mid.toFixed(2) }));
    if (quantity < left) this.#hedges.push({ commandId, side, left: left - quantity, filled: filled + quantity });
  }

  /** Bytes that were published before: known by their id, news of the market, or too old. */
  #again(): void {
    const { source } = this.#random.pick(this.items);
    if (source !== undefined) this.#publish(source);
  }

  #garbage(): void {
    const value = this.#random.pick(["{torn", '{"type":"tocks","version":1}', `{"type":"ticks","version":9,"log":"${this.model.log}"}`]);
    this.#publish({ topic: this.#random.pick(topicNames), value: Buffer.from(value), headers: {} });
  }

  #control(): void {
    const random = this.#random;
    const kind = random.pick(["trade", "halt", "resume", "limits", "release", "other terms", "elsewhere"] as const);
    if (kind === "trade") this.#publish(trade(this.model.log, random.integer(0, 3) === 0 ? "t-1" : this.#nextId("t"), this.#instant()));
    else if (kind === "halt" || kind === "resume") this.#send(kind, { haltId: `halt-${String(random.integer(1, 3))}`, book: book.book });
    else if (kind === "limits") this.#send("set_limits", { book: book.book, limits: { ...book.limits, maxOrderQuantity: String(random.integer(1, 20)) } });
    else if (kind === "release") this.#send("release_book", { book: book.book });
    else if (kind === "other terms") this.#send("open_book", { ...book, account: "paper-2" });
    else this.#publish(message("ELSEWHERE", "ticks", { ticks: [quote(this.#mid, this.#nowUs)] }, { instantUs: this.#nowUs }));
  }

  #time(): void {
    if (this.#isData) {
      this.#send("clock", {});
      return;
    }
    this.model.tick(this.#nowUs);
    this.items.push({ source: undefined, nowUs: this.#nowUs, behind: this.model.moment() });
  }
}
