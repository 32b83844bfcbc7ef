export { type Catalogue, type CatalogueEntry, createCatalogue } from "./catalogue.ts";
export { logChannelOf } from "./channel.ts";
export { createDeadLetterUpkeep, type DeadLetterUpkeep, type UnpublishedLetter } from "./dead-letter-upkeep.ts";
export {
  createDeadLetters,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterKey,
  type DeadLetters,
  type DeadLetterState,
  type DeadLetterSummary,
} from "./dead-letters.ts";
export { EventLogError, type EventLogErrorCode } from "./errors.ts";
export type { Append, LogHead, LogHold, LogReader, LogWriter, NewDeadLetter, PendingRecord, SourceOffset } from "./event-log.ts";
export { generationHaltId, type GenerationOrder, orderedGeneration, orderGeneration } from "./generations.ts";
export { exportLog } from "./export-log.ts";
export { type LogHashes, logHashes } from "./log-hash.ts";
export { importRecords } from "./import-log.ts";
export { createLogReader, type LogReaderDeps } from "./postgres-log-reader.ts";
export { createLogWriter, type LogWriterDeps } from "./postgres-log-writer.ts";
export { exportFormat, type ExportHeader, type LogExport, readExport } from "./read-export.ts";
export { recordChunks, type Stretch } from "./record-chunks.ts";
export { detachedUpTo, detachPartition, type Leaving, partitionsThatLeft, type RecordPartition, recordPartitions } from "./retention.ts";
export { type LogStop, type MessagePlace, orderSkip, type Skip, type SkipAnswer, stopOf } from "./skips.ts";
export { sourceOffsets, type StoredOffset } from "./source-offsets.ts";
export { type HashDifference, type HashVerdict, verifyHashes } from "./verify-hashes.ts";
