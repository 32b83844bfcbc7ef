import type { Provenance, RecordContent } from "@finality/contracts";
import type { Append, LogWriter } from "@finality/event-log";

const [topic, partition] = ["bench", 0];
const lastHash = Buffer.alloc(32, 7);

export type Place = {
  readonly log: string;
  readonly epoch: number;
  /** Last position before the append. */
  readonly after: number;
  /** How many appends came before: each moves the offset of one source by one, as the sequencer's do. */
  readonly index: number;
};

export const appendOf = ({ log, epoch, after, index }: Place, contents: readonly RecordContent[]): Append => {
  const provenance: Provenance = { epoch, build: "bench", topic, partition, firstOffset: index, lastOffset: index };
  const records = contents.map((content) => ({ content, provenance }));
  return { log, epoch, expectedPosition: after, records, offsets: [{ topic, partition, expected: index, next: index + 1, lastHash }], busIdentity: "bench", deadLetters: [], duplicates: 0 };
};

/** A log's records from its first on, in appends of so many. */
export const appendsOf = (log: string, epoch: number, { contents, perAppend }: { readonly contents: readonly RecordContent[]; readonly perAppend: number }): readonly Append[] =>
  Array.from({ length: Math.ceil(contents.length / perAppend) }, (_, index) => {
    const after = index * perAppend;
    return appendOf({ log, epoch, after, index }, contents.slice(after, after + perAppend));
  });

export const appendAll = async (writer: LogWriter, appends: readonly Append[]): Promise<void> => {
  for (const each of appends) await writer.append(each);
};
