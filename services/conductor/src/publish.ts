import type { Bus, BusMessage, OutgoingMessage } from "@finality/bus";
import { encodeMessage, messageHeaders, messageSchemas, topicNames, type Message, type Tick } from "@finality/contracts";
import type { TimelineInstant } from "@finality/datasets";

/** Most ticks in one message; a message becomes one record. */
const maxTicksPerMessage = 5_000;
const tailChunk = 500;

export type Channel = { readonly bus: Bus; readonly dataset: string; readonly log: string; readonly partition: number };

/** How far this dataset was published on each topic: the instant and part of its own last message. */
export type Published = Readonly<Record<string, { readonly instantUs: number; readonly part: number } | undefined>>;

/** Reads the conductor's own last message of each topic, so that a restarted feed goes on behind it (rule 33). */
export const lastPublished = async (channel: Channel): Promise<Published> => {
  const found: Record<string, { instantUs: number; part: number } | undefined> = {};
  for (const topic of topicNames) found[topic] = await lastOn(channel, topic);
  return found;
};

const lastOn = async ({ bus, dataset, partition }: Channel, topic: string): Promise<{ instantUs: number; part: number } | undefined> => {
  for (let end = await bus.endOffset(topic, partition); end > 0; end -= tailChunk) {
    const offset = Math.max(0, end - tailChunk);
    const messages = await readUpTo(bus, { topic, partition, offset }, end);
    const own = messages.flatMap((message) => ownPlace(message, dataset) ?? []).at(-1);
    if (own !== undefined) return own;
  }
  return undefined;
};

/** A bus may give fewer messages at a time than it was asked for. */
const readUpTo = async (bus: Bus, from: { readonly topic: string; readonly partition: number; readonly offset: number }, end: number): Promise<readonly BusMessage[]> => {
  const messages: BusMessage[] = [];
  for (let offset = from.offset; offset < end; ) {
    const some = await bus.read({ ...from, offset }, end - offset);
    const last = some.at(-1);
    if (last === undefined) break;
    messages.push(...some);
    offset = last.offset + 1;
  }
  return messages;
};

const ownPlace = ({ headers }: BusMessage, dataset: string): { instantUs: number; part: number } | undefined =>
  headers[messageHeaders.dataset] === dataset ? { instantUs: Number(headers[messageHeaders.instantUs]), part: Number(headers[messageHeaders.part]) } : undefined;

/** A message body on its way to the log. */
export type Outgoing = BodyOf<Message>;
type BodyOf<Each> = Each extends Message ? Pick<Each, "type" | "body"> : never;

/** Publishes messages of one instant and one topic; parts count on from `firstPart`. */
export const publish = async (channel: Channel, instantUs: number, outgoing: readonly Outgoing[], firstPart: number): Promise<void> => {
  if (outgoing.length === 0) return;
  await channel.bus.produce(outgoing.map((each, index) => messageOf(channel, instantUs, each, firstPart + index)));
};

const messageOf = (channel: Channel, instantUs: number, outgoing: Outgoing, part: number): OutgoingMessage => {
  const { dataset, log } = channel;
  const message = envelope(channel, instantUs, { ...outgoing, version: 1, log, instantUs, dataset, part }, part);
  const place = { [messageHeaders.dataset]: dataset, [messageHeaders.instantUs]: String(instantUs), [messageHeaders.part]: String(part) };
  return { ...message, headers: { ...message.headers, ...place } };
};

/** A live log takes its own clock: the message names neither an instant nor a place to go on behind. */
export const liveMessageOf = (channel: Channel, instantUs: number, outgoing: Outgoing, part: number): OutgoingMessage =>
  envelope(channel, instantUs, { ...outgoing, version: 1, log: channel.log }, part);

const envelope = ({ dataset, log, partition }: Channel, instantUs: number, message: Message, part: number): OutgoingMessage => {
  const { topic } = messageSchemas[message.type];
  return {
    topic,
    partition,
    key: log,
    value: encodeMessage(message),
    headers: {
      "content-type": "application/json",
      ce_specversion: "1.0",
      ce_type: message.type,
      ce_source: `conductor/${dataset}`,
      ce_id: `${dataset}/${String(instantUs)}/${topic}/${String(part)}`,
      ce_time: new Date(instantUs / 1_000).toISOString(),
      ce_subject: log,
    },
  };
};

/** The tick messages of an instant: the recorded ticks, or a clock where there are neither ticks nor control. */
export const tickMessages = (instant: TimelineInstant): readonly Outgoing[] => {
  if (instant.ticks.length === 0) return instant.control.length === 0 ? [{ type: "clock", body: {} }] : [];
  const chunks: Tick[][] = [];
  for (let from = 0; from < instant.ticks.length; from += maxTicksPerMessage) chunks.push(instant.ticks.slice(from, from + maxTicksPerMessage));
  return chunks.map((ticks) => ({ type: "ticks", body: { ticks } }));
};
