export { deadLetterTopicOf, deadLetterTopics } from "./dead-letter-feed.ts";
export { SequencerError, type SequencerErrorCode } from "./errors.ts";
export { clockBehindUsMax, type LogCounts, type LogStatus, type StopCode } from "./log-status.ts";
export { sequencerGroup } from "./group.ts";
export type { SequencerDeps } from "./sequencer-deps.ts";
export { startSequencer, type Sequencer } from "./sequencer.ts";
