import type { Bus } from "@finality/bus";
import type { Catalogue, DeadLetterUpkeep, LogReader, LogWriter } from "@finality/event-log";
import type { SnapshotStore } from "@finality/history";
import type { Faults, Logger } from "@finality/service-kit";
import type { Advance } from "./fold-batch.ts";

/** What somebody outside PostgreSQL knows that a log held: so many records under a generation. */
export type Attested = { readonly generation: number; readonly size: number };

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
  /** Where a takeover's fold begins; without it at the first record. */
  readonly snapshots?: SnapshotStore;
  /** The newest checkpoint of a log that is kept outside PostgreSQL; with it a database that was set back in silence is not written to (rule 9). */
  readonly attested?: (log: string) => Promise<Attested | undefined>;
  /** Another fold, in tests only. */
  readonly advance?: Advance;
  /** How long a consumer may take to let go of its partitions; other times in tests only. Milliseconds. */
  readonly letGoWithinMs?: number;
};

/** What writing itself takes. */
export type WritingDeps = Required<Omit<SequencerDeps, "deadLetters" | "snapshots" | "attested">> & Pick<SequencerDeps, "snapshots" | "attested">;
