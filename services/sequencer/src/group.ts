/** The consumer group of all sequencers. */
export const sequencerGroup = "sequencer";
