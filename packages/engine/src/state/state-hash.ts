import { canonicalJson } from "@finality/contracts";
import type { EngineState } from "./engine-state.ts";
import { sectionsOf } from "./sections.ts";

/** SHA-256, given from outside: the engine imports no Node module. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const hexOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
};

/**
 * Lower-case hex of the state's hash: SHA-256 over the RFC 8785 list of [section, hash of the section's RFC 8785 bytes], sorted by
 * section. Only sections that changed since the last call are hashed anew (rule 37). Throws ContractsError `not_json_value` where a
 * NaN reached the state (rule 27).
 */
export const stateHash = (state: EngineState, sha256: Sha256): string => {
  const { dirty, sectionHashes } = state;
  for (const { name, value } of sectionsOf(state)) {
    if (dirty.has(name) || !sectionHashes.has(name)) sectionHashes.set(name, hexOf(sha256(canonicalJson(value()))));
  }
  dirty.clear();
  return hexOf(sha256(canonicalJson(sectionHashes.entries())));
};
