import type { Metrics, Sample } from "@finality/runtime";
import type { LogStatus } from "./log-status.ts";
import type { Sequencer } from "./sequencer.ts";

const states = ["writing", "waiting", "stopped"] as const;
const microsecondsPerSecond = 1_000_000;

/** What Prometheus sees of the logs held. */
export const reportLogs = (metrics: Metrics, sequencer: Sequencer): void => {
  const ofEach = (value: (status: LogStatus) => number) => (): readonly Sample[] => sequencer.status().map((status) => ({ labels: { log: status.log }, value: value(status) }));
  metrics.gauge("finality_sequencer_log_state", "1 for the state that a held log is in", ["log", "state"], () =>
    sequencer.status().flatMap(({ log, state }) => states.map((each) => ({ labels: { log, state: each }, value: each === state ? 1 : 0 }))),
  );
  metrics.gauge("finality_sequencer_position_records", "the last record that was folded here", ["log"], ofEach(({ position }) => position ?? 0));
  metrics.gauge("finality_sequencer_waiting_messages", "messages that wait for a log to be opened", ["log"], ofEach((status) => (status.state === "waiting" ? status.messages : 0)));
  metrics.gauge("finality_sequencer_clock_behind_seconds", "how far the wall clock is behind the recorded time of a live log", ["log"], ofEach(({ clockBehindUs }) => clockBehindUs / microsecondsPerSecond));
  metrics.gauge("finality_sequencer_skipped_messages", "messages that were skipped since the log was taken over", ["log"], ofEach(({ skips }) => skips));
};
