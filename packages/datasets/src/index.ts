export { loadCopies, loadDataset, shippedDatasets, type Dataset, type LoadOptions } from "./dataset.ts";
export { DatasetError, type DatasetErrorCode } from "./errors.ts";
export { DatasetManifest } from "./manifest.ts";
export type { ControlStep, TimelineInstant } from "./timeline.ts";
export { onWallClock, type WallClock } from "./wall-clock.ts";
