import {
  decodeRecord,
  encodeRecord,
  isInputRecord,
  type DecisionRecord,
  type Fill,
  type ForwardSource,
  type Input,
  type InputRecord,
  type Instrument,
  type LogOpening,
  type LogRecord,
  type Message,
  type OrderState,
  type Side,
  type Tick,
} from "@finality/contracts";
import { invariant } from "@finality/domain";
import { admit } from "../admission/admit.ts";
import type { Admission } from "../admission/admission.ts";
import { advance } from "../fold/advance.ts";
import { initialState, type EngineState } from "../state/engine-state.ts";
import type { Sha256 } from "../state/state-hash.ts";

// A log that is written by hand, for this package's tests: given these messages, when this one, then these decisions.

export const second = 1_000_000;
export const minute = 60 * second;
export const day = 86_400 * second;
/** 2021-01-04T14:30:00Z. */
export const startUs = 1_609_770_600 * second;

export const standardOpening: LogOpening = {
  clock: "data",
  startsAtUs: startUs,
  maxFutureMs: 1_000,
  lateAfterMs: 60_000,
  farShare: 0.1,
  stateHashEvery: 1_000_000,
};

/** Body of a message type. */
export type Body<Type extends Message["type"]> = Extract<Message, { readonly type: Type }>["body"];

const common = { underlying: "SPX", currency: "USD", settlement: "linear", tickSize: "0.05", lotSize: "1" } as const;

/** Linear index future, multiplier 50, never expiring within a test unless asked to. */
export const future = (expiryUs = startUs + 300 * day): Instrument => ({ kind: "future", instrument: "FUT", ...common, multiplier: "50", expiryUs });

/** Spot of multiplier 1: one unit is one of delta. */
export const spot: Instrument = { kind: "spot", instrument: "SPOT", ...common, multiplier: "1" };

/** European option, multiplier 100, forward from the index unless asked otherwise. */
export const option = (putCall: "put" | "call", strike = "3700", change: { readonly expiryUs?: number; readonly forward?: ForwardSource } = {}): Instrument => ({
  kind: "option",
  instrument: `${putCall === "call" ? "C" : "P"}${strike}`,
  ...common,
  multiplier: "100",
  style: "european",
  strike,
  putCall,
  expiryUs: change.expiryUs ?? startUs + 2 * day,
  forward: change.forward ?? { source: "index" },
});

const inverse = { ...common, currency: "BTC", settlement: "inverse" } as const;

/** Inverse perpetual of 10 of quote currency a contract. */
export const inversePerpetual: Instrument = { kind: "perpetual", instrument: "PERP", ...inverse, multiplier: "10" };

/** Coin-settled option of one coin, priced in coin. */
export const inverseOption = (putCall: "put" | "call", strike: string): Instrument => ({ ...option(putCall, strike), ...inverse, multiplier: "1" });

export const bandPolicy: Extract<Body<"set_policy">["policy"], { readonly type: "delta_band" }> = {
  type: "delta_band",
  deltaTarget: 0,
  thresholdUp: 100,
  thresholdDown: -100,
  hedgeRatio: 1,
  cooldownMs: 0,
  validityMs: 5_000,
};

export const standardBook: Body<"open_book"> = {
  book: "scalper",
  account: "paper-1",
  hedgeInstrument: "FUT",
  policy: bandPolicy,
  limits: { maxOrderQuantity: "100", maxHedgePosition: "200", maxQuoteAgeMs: 120_000 },
};

const text = (value: number): string => value.toFixed(2);

export const quote = (instrument: string, bid: number, ask: number, venueTimeUs: number): Tick => ({
  kind: "quote",
  instrument,
  venueTimeUs,
  bid: text(bid),
  bidSize: "10",
  ask: text(ask),
  askSize: "10",
});

export const index = (price: number, venueTimeUs: number): Tick => ({ kind: "index", instrument: "SPX", venueTimeUs, price: text(price) });

/** A venue's mark; `vol` as it is written on the wire, where it carries one. */
export const mark = (instrument: string, price: number, venueTimeUs: number, vol?: string): Tick => ({
  kind: "mark",
  instrument,
  venueTimeUs,
  price: text(price),
  ...(vol === undefined ? {} : { vol }),
});

export const tradeTick = (instrument: string, price: number, venueTimeUs: number): Tick => ({ kind: "trade", instrument, venueTimeUs, price: text(price), size: "1" });

/** A log under test: messages go through admission, inputs and decisions through their encoding, as in the house. */
export class Scenario {
  readonly state: EngineState;
  readonly records: LogRecord[] = [];
  readonly #sha256: Sha256;
  #reports = 0;

  constructor(sha256: Sha256, opening: Partial<LogOpening> = {}) {
    this.#sha256 = sha256;
    this.state = initialState("SPX");
    this.send(startUs, "open_log", { ...standardOpening, ...opening });
  }

  /** Judges a message at a time, without recording it. */
  admit<Type extends Message["type"]>(atUs: number, type: Type, body: Body<Type>): Admission {
    // The type and its body belong together by the signature.
    return admit(this.state, { type, version: 1, log: "SPX", body } as Message, atUs);
  }

  /** Admits and folds a message; the decisions behind it. A message that is not recorded is a bug of the test. */
  send<Type extends Message["type"]>(atUs: number, type: Type, body: Body<Type>): readonly DecisionRecord[] {
    const admission = this.admit(atUs, type, body);
    invariant(admission.kind === "record", `the message is recorded: ${JSON.stringify(admission)}`);
    return this.record(atUs, admission.input, admission.venueTimeUs);
  }

  /** Folds an input that no admission has seen. */
  record(atUs: number, input: Input, venueTimeUs = atUs): readonly DecisionRecord[] {
    const { log, generation, position } = this.state.facts;
    const decoded = decodeRecord({ log, generation, position: position + 1, venueTimeUs, recordedTimeUs: atUs, ...encodeRecord(input) });
    invariant(isInputRecord(decoded), "an input reads back as an input");
    return this.fold(decoded);
  }

  fold(input: InputRecord): readonly DecisionRecord[] {
    const decisions = advance(this.state, input, this.#sha256);
    this.records.push(input, ...decisions);
    return decisions;
  }

  ticks(atUs: number, ...ticks: readonly Tick[]): readonly DecisionRecord[] {
    return this.send(atUs, "ticks", { ticks: [...ticks] });
  }

  list(...instruments: readonly Instrument[]): void {
    for (const instrument of instruments) this.send(this.now, "list_instrument", { instrument });
  }

  openBook(change: Partial<Body<"open_book">> = {}): readonly DecisionRecord[] {
    return this.send(this.now, "open_book", { ...standardBook, ...change });
  }

  trade(tradeId: string, instrument: string, side: Side, quantity: string, price: string, change: Partial<Body<"book_trade">> = {}): readonly DecisionRecord[] {
    return this.send(this.now, "book_trade", { tradeId, book: "scalper", instrument, side, quantity, price, fee: "0", venueTimeUs: this.now, ...change });
  }

  report(commandId: string, state: OrderState, cumulativeQuantity: string, change: Partial<Body<"order_report">> = {}): readonly DecisionRecord[] {
    this.#reports += 1;
    const reportId = `report-${String(this.#reports)}`;
    return this.send(this.now, "order_report", { reportId, account: "paper-1", commandId, sequence: this.#reports, state, cumulativeQuantity, venueTimeUs: this.now, ...change });
  }

  fill(commandId: string, change: Pick<Fill, "side" | "quantity" | "cumulativeQuantity"> & Partial<Fill>): readonly DecisionRecord[] {
    return this.send(this.now, "fill", this.newFill(commandId, change));
  }

  newFill(commandId: string, change: Pick<Fill, "side" | "quantity" | "cumulativeQuantity"> & Partial<Fill>): Fill {
    this.#reports += 1;
    const fillId = `fill-${String(this.#reports)}`;
    const base = { account: "paper-1", sequence: this.#reports, instrument: "FUT", price: "3700", fee: "0", liquidity: "taker", venueTimeUs: this.now } as const;
    return { ...base, fillId, commandId, ...change };
  }

  get now(): number {
    return Math.max(this.state.facts.recordedTimeUs, startUs);
  }
}
