import { seededRandom, type SeededRandom } from "@finality/testkit";

/** Services that a fault may hit. */
const victims = ["sequencer", "executor", "dispatcher", "projector", "paper-venue", "api"] as const;
type Victim = (typeof victims)[number];

/** Longer than every lease (5 s), than Kafka's session timeout (10 s) and than what an order may take to be sent. */
export const frozenMs = 15_000;

/** What is done to the house. `pick` chooses among what there is at that moment. */
export type Fault =
  /** kill -9 of one process; its supervisor starts it again. */
  | { readonly kind: "kill"; readonly victim: Victim; readonly pick: number }
  /** SIGSTOP for `frozenMs`, then SIGCONT: it wakes up and believes that no time has passed. */
  | { readonly kind: "freeze"; readonly victim: Victim; readonly pick: number }
  /** A clean stop and a new start. */
  | { readonly kind: "restart"; readonly victim: Victim; readonly pick: number }
  /** One broker is killed, and started again after `downMs`: of one node a restart, of three a loss. */
  | { readonly kind: "broker"; readonly pick: number; readonly downMs: number }
  | { readonly kind: "postgres_restart"; readonly mode: "fast" | "immediate" }
  /** Every connection to PostgreSQL breaks, at whatever it is just doing. */
  | { readonly kind: "postgres_cut" }
  | { readonly kind: "postgres_slow"; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: "redis_flush" }
  | { readonly kind: "redis_restart"; readonly withData: boolean }
  /** The newest messages of a log's executions and control are published again. */
  | { readonly kind: "duplicates"; readonly pick: number; readonly messages: number }
  /** A sequencer joins and leaves, cleanly or by kill -9, while batches are in work. */
  | { readonly kind: "rebalance"; readonly killed: boolean }
  | { readonly kind: "partitions" }
  /** A sequencer whose clock is set back while it runs. */
  | { readonly kind: "clock_back"; readonly byMs: number }
  /** A sequencer of an older build beside the newer ones, for a while. */
  | { readonly kind: "old_release" }
  /** A book's or log's halt while hedges are under way, and its resume. */
  | { readonly kind: "halt"; readonly pick: number; readonly forMs: number };
export type FaultKind = Fault["kind"];

export type Step = {
  /** At the same time. */
  readonly faults: readonly Fault[];
  /** Peace behind them. */
  readonly restMs: number;
};

const makers: Readonly<Record<FaultKind, (random: SeededRandom) => Fault>> = {
  kill: (random) => ({ kind: "kill", victim: random.pick(victims), pick: random.integer(0, 99) }),
  freeze: (random) => ({ kind: "freeze", victim: random.pick(victims), pick: random.integer(0, 99) }),
  restart: (random) => ({ kind: "restart", victim: random.pick(victims), pick: random.integer(0, 99) }),
  broker: (random) => ({ kind: "broker", pick: random.integer(0, 99), downMs: random.integer(500, 6_000) }),
  postgres_restart: (random) => ({ kind: "postgres_restart", mode: random.pick(["fast", "immediate"] as const) }),
  postgres_cut: () => ({ kind: "postgres_cut" }),
  postgres_slow: (random) => ({ kind: "postgres_slow", delayMs: random.integer(20, 200), forMs: random.integer(2_000, 6_000) }),
  redis_flush: () => ({ kind: "redis_flush" }),
  redis_restart: (random) => ({ kind: "redis_restart", withData: random.integer(0, 1) === 1 }),
  duplicates: (random) => ({ kind: "duplicates", pick: random.integer(0, 99), messages: random.integer(1, 50) }),
  rebalance: (random) => ({ kind: "rebalance", killed: random.integer(0, 1) === 1 }),
  partitions: () => ({ kind: "partitions" }),
  clock_back: (random) => ({ kind: "clock_back", byMs: random.integer(2_000, 3_600_000) }),
  old_release: () => ({ kind: "old_release" }),
  halt: (random) => ({ kind: "halt", pick: random.integer(0, 99), forMs: random.integer(200, 3_000) }),
};
// The keys are the kinds: the compiler checks it above.
export const faultKinds = Object.keys(makers) as readonly FaultKind[];

/** These take the same thing away: never two of them at once. */
const exclusive: Partial<Record<FaultKind, string>> = { postgres_restart: "postgres", postgres_cut: "postgres", postgres_slow: "postgres", redis_flush: "redis", redis_restart: "redis", broker: "kafka", partitions: "kafka" };

/**
 * The steps of a run, without an end: the same for the same seed and kinds. Every kind comes once before any comes twice.
 */
export function* scheduleOf(seed: number, kinds: readonly FaultKind[] = faultKinds): Generator<Step, never, void> {
  const random = seededRandom(seed);
  for (let bag: FaultKind[] = []; ; ) {
    if (bag.length < 2) bag = [...bag, ...random.shuffle(kinds)];
    const [first, second] = bag;
    if (first === undefined) throw new Error("Invariant: a schedule has a kind of fault.");
    const together = second !== undefined && random.integer(0, 3) === 0 && (exclusive[first] === undefined || exclusive[first] !== exclusive[second]);
    const chosen = together ? [first, second] : [first];
    bag = bag.slice(chosen.length);
    yield { faults: chosen.map((kind) => makers[kind](random)), restMs: random.integer(500, 4_000) };
  }
}
