export { ProjectorError, type ProjectorErrorCode } from "./errors.ts";
export { isProjected, startProjector, type LogStanding, type Projector, type ProjectorDeps } from "./projector.ts";
export { compareReadModels, compareVersions, computeReadModels, type CompareDeps, type CompareVersionsDeps, type Computed, type Extent, type VersionsVerdict, type VersionVerdict } from "./compare.ts";
