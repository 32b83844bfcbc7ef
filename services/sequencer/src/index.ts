export { SequencerError, type SequencerErrorCode } from "./errors.ts";
export { redriveHeader } from "./admit-batch.ts";
export { sequencerGroup, startSequencer, type Sequencer, type SequencerDeps } from "./sequencer.ts";
