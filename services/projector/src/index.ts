export { ProjectorError, type ProjectorErrorCode } from "./errors.ts";
export { startProjector, type LogStanding, type Projector, type ProjectorDeps } from "./projector.ts";
export { compareReadModels, computeReadModels, rebuildReadModels, type Computed, type RebuildDeps } from "./rebuild.ts";
