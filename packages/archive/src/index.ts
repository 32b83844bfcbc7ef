export { ArchiveError, type ArchiveErrorCode } from "./errors.ts";
export { exportRange, type RangeExport } from "./export/export-range.ts";
export type { ExportProgress } from "./export/stage-records.ts";
export type { ArchivedFile, Manifest } from "./manifest/manifest.ts";
export { listArchive } from "./manifest/sealed-ranges.ts";
export { type Archive, openArchive, type Positions } from "./read/open-archive.ts";
export type { ArchiveFinding, ArchiveProblem } from "./verify/finding.ts";
export { verifyArchive } from "./verify/verify-archive.ts";
