import type { BusMessage, ConsumerHandlers } from "../bus.ts";
import { BusError } from "../errors.ts";

/** What one partition number needs of the member that holds it. */
export type WorkContext = {
  readonly topics: readonly string[];
  readonly maxMessages: number;
  /** Shared by all partitions of the member. */
  readonly waiting: Waiting;
  /** The partition's work before, which may still be ending: two never overlap, and `revoked` comes before `assigned`. */
  readonly after: Promise<void>;
  readonly handlers: ConsumerHandlers;
  /** Stops fetching, and goes on. */
  readonly pause: (topic: string) => void;
  readonly resume: (topic: string) => void;
  readonly seek: (topic: string, offset: number) => void;
  /** What the partition of a topic holds: first kept offset and the next to come. */
  readonly range: (topic: string) => Promise<{ readonly first: number; readonly end: number }>;
  /** Offsets named at the assignment count as acknowledged. */
  readonly named: (offsets: Readonly<Record<string, number>>) => void;
  readonly failed: (error: unknown) => void;
};

/** What a member has fetched and not handed over yet. */
export type Waiting = { bytes: number };

/**
 * Above this much, whoever fetched more is paused until half of its own is left: enough to last until the next fetch, which may be a fetch's
 * wait away; what is empty is always fetched. So a member holds at most this and one fetch of each partition.
 */
export const waitingBytesMost = 32_000_000;
/** What a message takes beside its value. */
const messageBytes = 500;
const weightOf = (messages: readonly BusMessage[]): number => messages.reduce((bytes, { value }) => bytes + value.length + messageBytes, 0);

/** What is handed over at once, where more than one message: a handler must not be busy with it for long. */
const batchBytesMost = 4_000_000;

const countOfBatch = (queue: readonly BusMessage[], maxMessages: number): number => {
  let bytes = 0;
  for (let count = 0; count < Math.min(maxMessages, queue.length); count++) {
    bytes += queue[count]?.value.length ?? 0;
    if (bytes > batchBytesMost) return Math.max(1, count);
  }
  return Math.min(maxMessages, queue.length);
};

/** `next`: what was fetched before is known, or from before the start. `goesOnAt`: how many bytes may be left when fetching goes on. */
type Lane = { readonly topic: string; queue: BusMessage[]; next: number; bytes: number; isPaused: boolean; goesOnAt: number };

/** One partition number of all topics: it is assigned, its messages are handed over one batch at a time, the first topic to its end in front, and it is revoked. */
export class PartitionWork {
  readonly partition: number;
  readonly #context: WorkContext;
  readonly #lanes: readonly Lane[];
  readonly #ended: Promise<void>;
  #turn = 0;
  /** Until the first topic was read up to here, the others wait (rule 6). */
  #firstUntil = Infinity;
  #isOver = false;
  #isStale = false;
  #wake: () => void = () => undefined;

  constructor(partition: number, context: WorkContext) {
    this.partition = partition;
    this.#context = context;
    this.#lanes = context.topics.map((topic) => ({ topic, queue: [], next: Infinity, bytes: 0, isPaused: true, goesOnAt: 0 }));
    this.#ended = this.#run().catch((error: unknown) => { context.failed(error); });
  }

  /** What was fetched. While a partition moves from broker to broker, both may give the same. */
  push(topic: string, messages: readonly BusMessage[]): void {
    const lane = this.#lanes.find((each) => each.topic === topic);
    if (lane === undefined || this.#isOver) return;
    const fresh = messages.filter(({ offset }) => offset >= lane.next);
    for (const message of fresh) lane.queue.push(message);
    lane.next = Math.max(lane.next, (fresh.at(-1)?.offset ?? 0) + 1);
    this.#count(lane, weightOf(fresh));
    if (!lane.isPaused && this.#context.waiting.bytes > waitingBytesMost) this.#pause(lane);
    this.#wake();
  }

  /** Nothing more is handed over; resolves when the batch in work is done and the partition revoked. `isStale` says from now on what is given. */
  end({ isStale }: { readonly isStale: boolean }): Promise<void> {
    this.#isOver = true;
    this.#isStale ||= isStale;
    this.#wake();
    return this.#ended;
  }

  #count(lane: Lane, bytes: number): void {
    lane.bytes += bytes;
    this.#context.waiting.bytes += bytes;
  }

  #pause(lane: Lane): void {
    lane.isPaused = true;
    lane.goesOnAt = lane.bytes / 2;
    this.#context.pause(lane.topic);
  }

  #resume(lane: Lane): void {
    if (!lane.isPaused || this.#isOver) return;
    lane.isPaused = false;
    this.#context.resume(lane.topic);
  }

  async #run(): Promise<void> {
    const { handlers, after } = this.#context;
    await after;
    if (this.#isOver) return;
    const named = await this.#handle(() => handlers.assigned(this.partition));
    try {
      await this.#start(named);
      while (!this.#isOver) {
        const lane = this.#next();
        if (lane === undefined) await new Promise<void>((resolve) => { this.#wake = resolve; });
        else await this.#deliver(lane);
      }
    } finally {
      this.#isOver = true;
      for (const lane of this.#lanes) this.#count(lane, -lane.bytes);
      await this.#handle(() => handlers.revoked(this.partition));
    }
  }

  async #start(named: Readonly<Record<string, number>>): Promise<void> {
    const { topics, range, seek } = this.#context;
    const ranges = await Promise.all(topics.map(async (topic) => ({ topic, ...(await range(topic)) })));
    if (this.#isOver) return;
    for (const [index, { topic, first, end }] of ranges.entries()) {
      const start = named[topic] ?? first;
      const place = `${topic}/${String(this.partition)}`;
      if (start > end) throw new BusError("offset_out_of_range", `The consumer wants ${place} from offset ${String(start)} on, but it ends at ${String(end)}.`);
      if (start < first) throw new BusError("offset_out_of_range", `The consumer wants ${place} from offset ${String(start)} on, but what is kept begins at ${String(first)}.`);
      seek(topic, start);
      for (const lane of this.#lanes) if (lane.topic === topic) lane.next = start;
      if (index === 0) this.#firstUntil = start < end ? end : 0;
    }
    this.#context.named(named);
    for (const lane of this.#firstUntil === 0 ? this.#lanes : this.#lanes.slice(0, 1)) this.#resume(lane);
  }

  /** Topics take turns. */
  #next(): Lane | undefined {
    for (let step = 0; step < this.#lanes.length; step++) {
      const lane = this.#lanes[(this.#turn + step) % this.#lanes.length];
      if (lane === undefined || lane.queue.length === 0) continue;
      this.#turn = (this.#turn + step + 1) % this.#lanes.length;
      return lane;
    }
    return undefined;
  }

  async #deliver(lane: Lane): Promise<void> {
    const { handlers, maxMessages } = this.#context;
    const messages = lane.queue.splice(0, countOfBatch(lane.queue, maxMessages));
    this.#count(lane, -weightOf(messages));
    if (lane.isPaused && lane.bytes <= lane.goesOnAt) this.#resume(lane);
    await this.#handle(() => handlers.batch({ topic: lane.topic, partition: this.partition, messages, isStale: () => this.#isStale }));
    if (this.#firstUntil > 0 && (messages.at(-1)?.offset ?? 0) + 1 >= this.#firstUntil) {
      this.#firstUntil = 0;
      for (const each of this.#lanes) this.#resume(each);
    }
  }

  async #handle<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw new BusError("handler", `The handler of partition ${String(this.partition)} failed: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }
}
