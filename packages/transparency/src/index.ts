export { contentHash, hashBytes, leafHash, provenanceHash, sha256 } from "./record-hashes.ts";
export { appendLeaves, emptyFrontier, type Frontier, frontierBytes, frontierOf, rootOf } from "./tree/frontier.ts";
