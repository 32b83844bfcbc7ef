import type { Provenance, RecordContent } from "@finality/contracts";
import type { Append, LogWriter } from "@finality/event-log";

const [topic, partition] = ["bench", 0];
const lastHash = Buffer.alloc(32, 7);

/** Records in appends of so many, each of which moves the offset of one source by one, as the sequencer's do. */
export const appendsOf = (log: string, epoch: number, { contents, perAppend }: { readonly contents: readonly RecordContent[]; readonly perAppend: number }): readonly Append[] =>
  Array.from({ length: Math.ceil(contents.length / perAppend) }, (_, index) => {
    const from = index * perAppend;
    const provenance: Provenance = { epoch, build: "bench", topic, partition, firstOffset: index, lastOffset: index };
    const records = contents.slice(from, from + perAppend).map((content) => ({ content, provenance }));
    return { log, epoch, expectedPosition: from, records, offsets: [{ topic, partition, expected: index, next: index + 1, lastHash }], busIdentity: "bench", deadLetters: [], duplicates: 0 };
  });

export const appendAll = async (writer: LogWriter, appends: readonly Append[]): Promise<void> => {
  for (const each of appends) await writer.append(each);
};
