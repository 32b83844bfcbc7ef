import type { Provenance, StoredRecord } from "@finality/contracts";
import { EventLogError } from "./errors.ts";
import type { LogWriter } from "./event-log.ts";

// The provenance of a stored record is RFC 8785 JSON of this type; written again it is the same bytes, which the leaf hash confirms.
const provenanceOf = ({ provenance }: StoredRecord): Provenance => JSON.parse(Buffer.from(provenance).toString("utf8")) as Provenance;

/** Runs of records of one generation, in their order. */
const byGeneration = (records: readonly StoredRecord[]): readonly (readonly StoredRecord[])[] => {
  const runs: StoredRecord[][] = [];
  for (const record of records) {
    const run = runs.at(-1);
    if (run?.[0]?.generation === record.generation) run.push(record);
    else runs.push([record]);
  }
  return runs;
};

/**
 * Appends records as they were recorded elsewhere behind the log's head: into an empty database, or behind a backup that ends earlier. The log
 * gets the same positions, contents, provenances and leaf hashes. Returns the position behind the last one. Throws EventLogError "conflict" when
 * they do not begin behind the head or the log has a writer, "corrupt" when a record is not what its hashes say.
 */
export const importRecords = async (writer: LogWriter, log: string, chunks: AsyncIterable<readonly StoredRecord[]>, check: (record: StoredRecord) => boolean): Promise<number> => {
  const { epoch, position: head } = await writer.takeOver(log);
  let position = head;
  for await (const chunk of chunks) {
    for (const records of byGeneration(chunk)) {
      const [first] = records;
      if (first === undefined) continue;
      if (first.position !== position + 1) throw new EventLogError("conflict", `Log ${log} is at position ${String(position)}; the records to import begin at ${String(first.position)}.`);
      const changed = records.find((record) => !check(record));
      if (changed !== undefined) throw new EventLogError("corrupt", `The record ${log}-${String(changed.generation)}-${String(changed.position)} is not what its hashes say; it is not imported, nor what is behind it.`);
      const pending = records.map((record) => ({ content: record, provenance: provenanceOf(record) }));
      ({ position } = await writer.append({ log, epoch, expectedPosition: position, records: pending, generation: first.generation, offsets: [], deadLetters: [], duplicates: 0 }));
    }
  }
  return position;
};
