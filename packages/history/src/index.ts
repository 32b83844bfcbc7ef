export { HistoryError, type HistoryErrorCode } from "./errors.ts";
export { createFold, type Fold } from "./fold.ts";
export { type ArchiveSource, joinedSource } from "./joined-source.ts";
export type { LogSource } from "./log-source.ts";
export { positionAtRecordedTime } from "./position-at.ts";
export { type NewSnapshot, type SnapshotInfo, type SnapshotPlace, takeSnapshot } from "./snapshots/snapshot.ts";
export { createSnapshotStore, type SnapshotStore } from "./snapshots/snapshot-store.ts";
export { foldAt, foldTo, type HistoryDeps } from "./state-at.ts";
