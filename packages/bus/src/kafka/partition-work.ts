import type { BusMessage, ConsumerHandlers } from "../bus.ts";
import { BusError } from "../errors.ts";

/** What one partition number needs of the member that holds it. */
export type WorkContext = {
  readonly topics: readonly string[];
  readonly maxMessages: number;
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

/** Messages of a topic that wait here before fetching pauses, and how few are left when it goes on; in maxMessages. */
const waiting = { most: 4, fewest: 1 } as const;

type Lane = { readonly topic: string; queue: BusMessage[]; isPaused: boolean };

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
    this.#lanes = context.topics.map((topic) => ({ topic, queue: [], isPaused: true }));
    this.#ended = this.#run().catch((error: unknown) => { context.failed(error); });
  }

  /** What was fetched. */
  push(topic: string, messages: readonly BusMessage[]): void {
    const lane = this.#lanes.find((each) => each.topic === topic);
    if (lane === undefined || this.#isOver) return;
    for (const message of messages) lane.queue.push(message);
    if (!lane.isPaused && lane.queue.length > waiting.most * this.#context.maxMessages) this.#pause(lane);
    this.#wake();
  }

  /** Nothing more is handed over; resolves when the batch in work is done and the partition revoked. `isStale` says from now on what is given. */
  end({ isStale }: { readonly isStale: boolean }): Promise<void> {
    this.#isOver = true;
    this.#isStale ||= isStale;
    this.#wake();
    return this.#ended;
  }

  #pause(lane: Lane): void {
    lane.isPaused = true;
    this.#context.pause(lane.topic);
  }

  #resume(lane: Lane): void {
    if (!lane.isPaused || this.#isOver) return;
    lane.isPaused = false;
    this.#context.resume(lane.topic);
  }

  async #run(): Promise<void> {
    const { handlers } = this.#context;
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
    const messages = lane.queue.splice(0, maxMessages);
    if (lane.isPaused && lane.queue.length <= waiting.fewest * maxMessages) this.#resume(lane);
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
