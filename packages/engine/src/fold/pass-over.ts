import { logSection, touch, type EngineState } from "../state/engine-state.ts";

/** Where a record stands; what it says plays no part. */
export type RecordPlace = { readonly generation: number; readonly position: number; readonly recordedTimeUs: number };

/**
 * Goes behind a record without applying it, as a projection does whose operator skipped it. The state is from there on not the log's: for
 * what only shows, never for who decides.
 */
export const passOver = (state: EngineState, { generation, position, recordedTimeUs }: RecordPlace): void => {
  const { facts } = state;
  facts.generation = generation;
  facts.position = position;
  facts.recordedTimeUs = Math.max(facts.recordedTimeUs, recordedTimeUs);
  touch(state, logSection);
};
