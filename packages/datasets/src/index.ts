export { loadDataset, shippedDatasets, type Dataset } from "./dataset.ts";
export { DatasetError, type DatasetErrorCode } from "./errors.ts";
export { DatasetManifest } from "./manifest.ts";
export type { ControlStep, TimelineInstant } from "./timeline.ts";
