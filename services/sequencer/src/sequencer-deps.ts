import type { Bus } from "@finality/bus";
import type { Catalogue, LogReader, LogWriter } from "@finality/event-log";
import type { Faults, Logger } from "@finality/service-kit";
import type { Advance } from "./fold-batch.ts";

export type SequencerDeps = {
  readonly bus: Bus;
  readonly catalogue: Catalogue;
  readonly reader: LogReader;
  readonly writer: LogWriter;
  /** Wall clock in microseconds; used by live logs only. */
  readonly nowUs: () => number;
  /** Names the running code in each record's provenance. */
  readonly build: string;
  readonly faults: Faults;
  readonly logger: Logger;
  /** Another fold, in tests only. */
  readonly advance?: Advance;
};
