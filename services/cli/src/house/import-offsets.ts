import type { Bus } from "@finality/bus";
import type { Provenance, StoredRecord } from "@finality/contracts";
import type { Append, LogWriter } from "@finality/event-log";
import { sha256 } from "@finality/transparency";

/** By topic, the last message that a record came from. */
export type Consumed = Map<string, { readonly partition: number; readonly offset: number }>;

/** Notes what imported records were made from, as they pass. */
export async function* noting(chunks: AsyncIterable<readonly StoredRecord[]>, consumed: Consumed): AsyncGenerator<readonly StoredRecord[], void, void> {
  for await (const records of chunks) {
    for (const { provenance } of records) {
      // Our own writer's bytes, which the leaf hash covers.
      const { topic, partition, lastOffset: offset } = JSON.parse(Buffer.from(provenance).toString("utf8")) as Provenance;
      if (topic === undefined || partition === undefined || offset === undefined) continue;
      if (offset >= (consumed.get(topic)?.offset ?? 0)) consumed.set(topic, { partition, offset });
    }
    yield records;
  }
}

/**
 * A log that goes on behind imported records takes none of their messages a second time: its offsets are those behind them, as far as the bus
 * still has these messages. Only of a bus that the backup was written from; another one, or none, is left to the sequencer to judge.
 * Returns the topics whose offsets were moved. Not while the log has a writer.
 */
export const followImported = async ({ bus, writer }: { readonly bus: Bus; readonly writer: LogWriter }, log: string, consumed: Consumed): Promise<readonly string[]> => {
  const { epoch, position, offsets: stored } = await writer.takeOver(log);
  const known = stored.filter(({ busIdentity }) => busIdentity !== undefined);
  if (known.length === 0) return [];
  const busIdentity = await bus.identity();
  const offsets: Append["offsets"][number][] = [];
  for (const { topic, partition, nextOffset: expected, busIdentity: own } of known) {
    const last = consumed.get(topic);
    if (last?.partition !== partition || own !== busIdentity) continue;
    const next = Math.min(last.offset + 1, await bus.endOffset(topic, partition));
    const [message] = next > expected ? await bus.read({ topic, partition, offset: next - 1 }, 1) : [];
    if (message?.offset === next - 1) offsets.push({ topic, partition, expected, next, lastHash: sha256(message.value) });
  }
  if (offsets.length > 0) await writer.append({ log, epoch, expectedPosition: position, records: [], offsets, busIdentity, deadLetters: [], duplicates: 0 });
  return offsets.map(({ topic }) => topic);
};
