export { SequencerError, type SequencerErrorCode } from "./errors.ts";
export type { LogStatus } from "./log-sequencer.ts";
export { sequencerGroup } from "./membership.ts";
export type { SequencerDeps } from "./sequencer-deps.ts";
export { startSequencer, type Sequencer } from "./sequencer.ts";
