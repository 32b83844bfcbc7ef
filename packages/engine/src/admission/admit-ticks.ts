import { columnsOf, parseTick, type DeadLetterReason, type Tick } from "@finality/contracts";
import { microseconds } from "@finality/domain";
import { judgeTick, newTickReference, noteTick, type JudgedTick, type TickReference } from "../market/tick-judgement.ts";
import type { EngineState } from "../state/engine-state.ts";
import { deadLetter, type Admission, type BadTicks } from "./admission.ts";

type Bad = { readonly index: number; readonly reason: DeadLetterReason; readonly detail: string };

const judged = (tick: Tick): JudgedTick => {
  const { venueTimeUs } = tick;
  if (tick.kind !== "quote") return { price: Number(tick.price), crossed: false, venueTimeUs };
  const { bid, ask } = tick;
  if (bid === undefined || ask === undefined) return { price: null, crossed: false, venueTimeUs };
  return { price: (Number(bid) + Number(ask)) / 2, crossed: Number(bid) > Number(ask), venueTimeUs };
};

const recordedReference = (state: EngineState, tick: Tick): TickReference => {
  if (tick.kind === "index") return state.facts.indexReference;
  const market = state.instruments.get(tick.instrument)?.market;
  if (market === undefined) return newTickReference();
  return { quote: market.quoteReference, trade: market.tradeReference, mark: market.markReference }[tick.kind];
};

/** Ticks of one message are judged one after the other on copies of the references: admission changes no state. */
class Judgement {
  readonly #state: EngineState;
  readonly #recordedTimeUs: number;
  readonly #references = new Map<string, TickReference>();

  constructor(state: EngineState, recordedTimeUs: number) {
    this.#state = state;
    this.#recordedTimeUs = recordedTimeUs;
  }

  flagsOf(tick: Tick): number {
    const { opening } = this.#state.facts;
    const fixedScale = tick.kind === "index" ? null : (this.#state.instruments.get(tick.instrument)?.fixedScale ?? null);
    const rules = {
      farShare: opening?.farShare ?? Infinity,
      fixedScale,
      recordedTimeUs: this.#recordedTimeUs,
      lateAfterUs: microseconds(opening?.lateAfterMs ?? Infinity),
    };
    const face = judged(tick);
    const reference = this.#referenceOf(tick);
    const flags = judgeTick(reference, face, rules);
    noteTick(reference, face, flags, rules);
    return flags;
  }

  #referenceOf(tick: Tick): TickReference {
    const key = `${tick.kind}/${tick.instrument}`;
    let reference = this.#references.get(key);
    if (reference === undefined) {
      reference = { ...recordedReference(this.#state, tick) };
      this.#references.set(key, reference);
    }
    return reference;
  }
}

const isKnown = (state: EngineState, tick: Tick): boolean =>
  tick.kind === "index" ? tick.instrument === state.facts.log : state.instruments.has(tick.instrument);

/** What is wrong with a well-formed tick in this log; undefined when it is to be recorded. */
const objectionTo = (state: EngineState, tick: Tick, index: number, recordedTimeUs: number): Bad | undefined => {
  const { log, opening } = state.facts;
  if (!isKnown(state, tick)) {
    return { index, reason: "unknown_instrument", detail: `Tick ${index}: log ${log} knows no ${tick.kind} of ${tick.instrument}.` };
  }
  const aheadUs = tick.venueTimeUs - recordedTimeUs;
  if (opening?.clock === "live" && aheadUs > microseconds(opening.maxFutureMs)) {
    return { index, reason: "future_dated", detail: `Tick ${index}: venue time ${tick.venueTimeUs} is ${aheadUs} µs ahead of ${recordedTimeUs}.` };
  }
  return undefined;
};

const badTicksOf = (bad: readonly Bad[]): BadTicks | undefined => {
  const [first] = bad;
  return first === undefined ? undefined : { indices: bad.map(({ index }) => index), reason: first.reason, detail: first.detail };
};

/**
 * Judges the ticks of one message, each on its own: the good ones and the flagged ones are recorded, the bad ones named; a message
 * of bad ones only is a dead letter. Reads only. `recordedTimeUs` is the time that the record will carry.
 */
export const admitTicks = (state: EngineState, ticks: readonly unknown[], recordedTimeUs: number): Admission => {
  const judgement = new Judgement(state, recordedTimeUs);
  const good: Tick[] = [];
  const flags: number[] = [];
  const bad: Bad[] = [];
  let venueTimeUs = 0;
  for (const [index, value] of ticks.entries()) {
    const parsed = parseTick(value, index);
    const objection = parsed.ok ? objectionTo(state, parsed.tick, index, recordedTimeUs) : { index, reason: parsed.reason, detail: parsed.detail };
    if (objection !== undefined) bad.push(objection);
    if (objection !== undefined || !parsed.ok) continue;
    good.push(parsed.tick);
    flags.push(judgement.flagsOf(parsed.tick));
    venueTimeUs = Math.max(venueTimeUs, parsed.tick.venueTimeUs);
  }
  const badTicks = badTicksOf(bad);
  if (good.length === 0) return deadLetter(badTicks?.reason ?? "schema", badTicks?.detail ?? "The message has no ticks.");
  const input = { type: "TicksRecorded", body: columnsOf(good, flags) } as const;
  return { kind: "record", input, venueTimeUs, ...(badTicks === undefined ? {} : { badTicks }) };
};
