import type { KafkaMessage } from "kafkajs";
import type { BusMessage } from "../bus.ts";

const empty = new Uint8Array();

type Place = { readonly topic: string; readonly partition: number };

/** A message as kafkajs gives it. A tombstone has an empty value; of a header that is there twice the last one counts. */
export const toBusMessage = ({ topic, partition }: Place, { offset, key, value, headers }: Pick<KafkaMessage, "offset" | "key" | "value" | "headers">): BusMessage => ({
  topic,
  partition,
  offset: Number(offset),
  key: key?.toString("utf8") ?? null,
  value: value ?? empty,
  headers: headersOf(headers),
});

const headersOf = (headers: KafkaMessage["headers"]): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    // Kafka knows headers without a value, kafkajs's types do not.
    texts[name] = typeof last === "string" || Buffer.isBuffer(last) ? last.toString("utf8") : "";
  }
  return texts;
};
