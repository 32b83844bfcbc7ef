import type { Bus } from "@finality/bus";
import type { Catalogue, DeadLetterUpkeep, LogReader, LogWriter } from "@finality/event-log";
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
  /** Feeds the dead-letter topics (`deadLetterTopics`, which must be there) and lets resolved letters expire; absent: neither is done. */
  readonly deadLetters?: {
    readonly upkeep: DeadLetterUpkeep;
    /** Default 30. */
    readonly retentionDays?: number;
    /** Longest time until new letters are looked for; default 1000. Milliseconds. */
    readonly everyMs?: number;
  };
  /** Another fold, in tests only. */
  readonly advance?: Advance;
};

/** What writing itself takes. */
export type WritingDeps = Required<Omit<SequencerDeps, "deadLetters">>;
