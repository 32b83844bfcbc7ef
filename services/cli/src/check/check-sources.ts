import { maxValueBytes, type Bus, type BusMessage } from "@finality/bus";
import { parseMessage, topicNames, type Message } from "@finality/contracts";
import type { Database } from "@finality/database";
import type { LogFacts, Recorded } from "./log-facts.ts";

export type SourceCount = { readonly messages: number; readonly deadLetters: number; readonly duplicates: number };
export type SourceVerdict = { readonly broken: readonly string[]; readonly count: SourceCount };

type Letter = { readonly topic: string; readonly partition: number; readonly offset: number; readonly reason: string; readonly bad: number | null };
type Head = { readonly duplicates: number; readonly partition: number };
type StoredOffset = { readonly topic: string; readonly next: number };

const chunk = 1_000;
/** They say what has an id of its own: the same id comes again only with the same content. */
const withId: ReadonlySet<Message["type"]> = new Set(["fill", "order_report", "book_trade", "list_instrument", "open_book", "halt", "resume"]);
/** These may leave no trace, because nothing changed by them. */
const observations: ReadonlySet<string> = new Set(["position_snapshot"]);

const placeOf = ({ topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: number }): string => `${topic}/${String(partition)}/${String(offset)}`;

/** Reads every message that lies on the log's partitions and looks for what became of it. */
export const checkSources = async ({ database, bus }: { readonly database: Database; readonly bus: Bus }, facts: LogFacts): Promise<SourceVerdict> => {
  const { log } = facts;
  const head = (await database.query<Head>("SELECT h.duplicates::int, c.partition FROM event_log.head h JOIN event_log.catalogue c USING (log) WHERE h.log = $1", [log])).rows[0];
  if (head === undefined) return { broken: ["it has no head or no partition"], count: { messages: 0, deadLetters: 0, duplicates: 0 } };
  const { rows: letters } = await database.query<Letter>('SELECT topic, partition, "offset"::int8 AS offset, reason, cardinality(bad_indices) AS bad FROM event_log.dead_letter WHERE log = $1', [log]);
  const { rows: offsets } = await database.query<StoredOffset>("SELECT topic, next_offset::int8 AS next FROM event_log.source_offset WHERE log = $1", [log]);
  const broken: string[] = [];
  const fate = new Fates(facts.recorded, letters, broken);
  let messages = 0;
  for (const topic of topicNames) {
    const end = await bus.endOffset(topic, head.partition);
    const next = offsets.find((each) => each.topic === topic)?.next ?? 0;
    if (next !== end) broken.push(`${topic}/${String(head.partition)} ends at ${String(end)}, but the log has taken in what is below ${String(next)}`);
    for await (const message of messagesOf(bus, topic, head.partition)) {
      messages += 1;
      fate.judge(message);
    }
  }
  const { least, most } = fate.duplicates();
  if (head.duplicates < least || head.duplicates > most) broken.push(`${String(most)} messages were neither recorded nor dead-lettered, but ${String(head.duplicates)} are counted as duplicates`);
  return { broken, count: { messages, deadLetters: letters.length, duplicates: head.duplicates } };
};

async function* messagesOf(bus: Bus, topic: string, partition: number): AsyncGenerator<BusMessage, void, void> {
  const end = await bus.endOffset(topic, partition);
  for (let offset = 0; offset < end; ) {
    const messages = await bus.read({ topic, partition, offset }, Math.min(chunk, end - offset));
    const last = messages.at(-1);
    if (last === undefined) return;
    yield* messages;
    offset = last.offset + 1;
  }
}

/** A new generation reads from where its backup stood: what was recorded of the messages from there says nothing of those that lie there now. */
const beforeRestore = (list: Recorded[], { generation, first }: Recorded): Recorded[] => {
  const last = list.at(-1);
  return last === undefined || last.generation === generation ? list : list.filter((each) => each.last < first);
};

/** What became of each message; hands what is wrong to `broken`. */
class Fates {
  /** By topic, in the order of offsets. */
  readonly #recorded = new Map<string, Recorded[]>();
  readonly #letters: ReadonlyMap<string, Letter>;
  readonly #broken: string[];
  /** Ticks of the messages of each record that was seen so far, by position. */
  readonly #ticks = new Map<Recorded, number>();
  /** Contents of the messages that became records, to know the same again. */
  readonly #known = new Set<string>();
  #duplicates = 0;
  #observed = 0;

  constructor(recorded: readonly Recorded[], letters: readonly Letter[], broken: string[]) {
    this.#broken = broken;
    this.#letters = new Map(letters.map((letter) => [placeOf(letter), letter]));
    // A skipped message is a dead letter; its record says that, and by whom.
    for (const each of recorded.filter(({ type }) => type !== "MessageSkipped")) {
      const list = beforeRestore(this.#recorded.get(each.topic) ?? [], each);
      list.push(each);
      this.#recorded.set(each.topic, list);
    }
    for (const list of this.#recorded.values()) {
      list.sort((left, right) => left.first - right.first);
      for (const [index, each] of list.entries()) {
        const before = list[index - 1];
        if (before !== undefined && before.last >= each.first) broken.push(`${placeOf({ ...each, offset: each.first })} was recorded twice, at the positions ${String(before.position)} and ${String(each.position)}`);
      }
    }
  }

  judge(message: BusMessage): void {
    const record = this.#recordOf(message);
    const letter = this.#letters.get(placeOf(message));
    const parsed = message.value.length > maxValueBytes ? undefined : parseMessage(message.topic, message.value);
    const body = parsed?.ok === true ? parsed.message : undefined;
    if (record !== undefined && letter !== undefined && letter.bad === null) this.#broken.push(`${placeOf(message)} was recorded at ${String(record.position)} and is a dead letter too`);
    if (letter?.bad !== undefined && letter.bad !== null && record === undefined) this.#broken.push(`only ${String(letter.bad)} ticks of ${placeOf(message)} are dead letters, but the others were not recorded`);
    if (record !== undefined) this.#countTicks(record, message, body, letter?.bad ?? 0);
    if (body !== undefined && record !== undefined) this.#known.add(contentOf(body));
    if (record === undefined && letter === undefined) this.#without(message, body);
  }

  /** How many duplicates there must be: at least, at most. */
  duplicates(): { readonly least: number; readonly most: number } {
    return { least: this.#duplicates, most: this.#duplicates + this.#observed };
  }

  #without(message: BusMessage, body: Message | undefined): void {
    if (body !== undefined && observations.has(body.type)) {
      this.#observed += 1;
      return;
    }
    this.#duplicates += 1;
    if (body === undefined) this.#broken.push(`${placeOf(message)} cannot be parsed and is no dead letter`);
    else if (body.type === "ticks" || body.type === "clock") this.#broken.push(`${placeOf(message)}, of type ${body.type}, is in no record and no dead letter`);
    else if (withId.has(body.type) && !this.#known.has(contentOf(body))) this.#broken.push(`${placeOf(message)}, of type ${body.type}, was ignored, but the same was never recorded`);
  }

  #countTicks(record: Recorded, { offset }: BusMessage, body: Message | undefined, bad: number): void {
    if (record.ticks === undefined || body?.type !== "ticks") return;
    const ticks = (this.#ticks.get(record) ?? 0) + body.body.ticks.length - bad;
    this.#ticks.set(record, ticks);
    if (offset === record.last && ticks !== record.ticks) this.#broken.push(`the record at ${String(record.position)} holds ${String(record.ticks)} ticks, its messages had ${String(ticks)}`);
  }

  #recordOf({ topic, partition, offset }: BusMessage): Recorded | undefined {
    const list = this.#recorded.get(topic) ?? [];
    // Messages come in the order of their offsets: what ends before this one is behind us.
    while ((list[0]?.last ?? offset) < offset) list.shift();
    const [first] = list;
    return first !== undefined && first.partition === partition && first.first <= offset ? first : undefined;
  }
}

/** What makes two messages the same to the log: not when, and by whom, they were published. */
const contentOf = ({ type, body }: Message): string => JSON.stringify([type, body]);
