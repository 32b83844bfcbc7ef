export { SequencerError, type SequencerErrorCode } from "./errors.ts";
export { sequencerGroup, startSequencer, type Sequencer, type SequencerDeps } from "./sequencer.ts";
