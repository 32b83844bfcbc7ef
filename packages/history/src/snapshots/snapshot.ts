import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { restoreState, semantics, serializeState, stateHash, type EngineState } from "@finality/engine";
import { sha256 } from "@finality/transparency";

/** Raised when the bytes of a snapshot are laid out anew; what other releases wrote is then not read. */
export const snapshotFormat = 1;

export type SnapshotPlace = { readonly log: string; readonly position: number; readonly semantics: number; readonly format: number };

/** A stored state, without its bytes. */
export type SnapshotInfo = SnapshotPlace & {
  readonly generation: number;
  readonly recordedUs: number;
  /** Of the record at `position`: says which history it belongs to. */
  readonly leafHash: Uint8Array;
  /** Lower-case hex, as `StateHashed` records it. */
  readonly stateHash: string;
  readonly build: string;
  readonly takenAt: Date;
  /** Why it is not used. */
  readonly rejected: string | null;
  /** Bytes stored. */
  readonly size: number;
};

export type NewSnapshot = Omit<SnapshotInfo, "takenAt" | "rejected" | "size"> & { readonly bytes: Uint8Array };

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export type Taken = { readonly leafHash: Uint8Array; readonly build: string };

/** Of the state as it is now; `leafHash` is the last folded record's. Compressing goes on while the caller folds further. */
export const takeSnapshot = async (state: EngineState, { leafHash, build }: Taken): Promise<NewSnapshot> => {
  const { log, position, generation, recordedTimeUs } = state.facts;
  const written = serializeState(state);
  const place = { log, position, semantics, format: snapshotFormat, generation, recordedUs: recordedTimeUs, leafHash, stateHash: stateHash(state, sha256), build };
  return { ...place, bytes: await compress(written) };
};

/** The state, or in words why these bytes are not the snapshot that they claim to be. */
export const openSnapshot = async ({ log, position, generation, stateHash: claimed }: SnapshotInfo, bytes: Uint8Array): Promise<EngineState | string> => {
  let state: EngineState;
  try {
    state = restoreState(await decompress(bytes));
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { facts } = state;
  if (facts.log !== log || facts.position !== position || facts.generation !== generation) return `it holds the state of ${facts.log}-${String(facts.generation)}-${String(facts.position)}`;
  const found = stateHash(state, sha256);
  return found === claimed ? state : `its state hashes to ${found}, not to ${claimed}`;
};
