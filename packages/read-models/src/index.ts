export { ReadModelError, type ReadModelErrorCode } from "./errors.ts";
export { hedgesOf, type Hedge, type Hedges } from "./queries/hedges.ts";
export { checkpoint, inOneSnapshot, progressOf, progressOfLogs, type Progress } from "./queries/progress.ts";
export { allRows, decisionRowsOf, greeksOf, listBooks, logsOfBook, pnlOf, positionOf, positionsOf, smilesOf, stateRowsOf, type BookPlace, type Page, type ReadClient } from "./queries/read-rows.ts";
export { differences, type RowDifference } from "./rows/differences.ts";
export {
  noRows,
  type BookRow,
  type BookStatus,
  type Checkpoint,
  type DecisionRow,
  type GreeksRow,
  type OrderRow,
  type PnlRow,
  type PositionRow,
  type PositionStatus,
  type ReadModels,
  type Smile,
  type SmileRow,
  type StrikeVol,
} from "./rows/rows.ts";
export { adoptDecisions, beginVersion, dropVersion, markFailed, skipRecord, switchItself, switchVersion, type Begin } from "./versions/change-versions.ts";
export { isOwnShape, readModelShape, versionsOf, type ReadModelVersion, type VersionFailure, type VersionPlace } from "./versions/versions.ts";
export { writeChanges, type ReadModelChanges } from "./writing/write-changes.ts";
