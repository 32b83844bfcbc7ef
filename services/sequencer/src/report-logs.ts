import type { Metrics } from "@finality/runtime";
import type { Sequencer } from "./sequencer.ts";

const states = ["writing", "waiting", "stopped"] as const;

/** What Prometheus sees of the logs held. */
export const reportLogs = (metrics: Metrics, sequencer: Sequencer): void => {
  metrics.gauge("finality_sequencer_log_state", "1 for the state that a held log is in", ["log", "state"], () =>
    sequencer.status().flatMap(({ log, state }) => states.map((each) => ({ labels: { log, state: each }, value: each === state ? 1 : 0 }))),
  );
};
