import type { OptionInstrument } from "@finality/contracts";
import { microseconds, yearsToExpiry } from "@finality/domain";
import { newBlackGreeks, writeBlackGreeks } from "@finality/pricing";
import { forwardOf, forwardSubject } from "../market/forward.ts";
import { expiryOf, midOf, type InstrumentState } from "../market/instrument-state.ts";
import { missingFills, openRemainder, signed } from "../orders/order.ts";
import { requireInstrument, type EngineState } from "../state/engine-state.ts";
import type { BookState } from "./book-state.ts";
import type { Condition, Interval, Valuation, ValuedVol } from "./valuation.ts";

/** Sums while one book is walked; `known` falls when something was never quoted. */
type Tally = {
  condition: Condition;
  known: boolean;
  optionDelta: number;
  hedgeDelta: number;
  gamma: number;
  vegaPerVolPoint: number;
  thetaPerDay: number;
  live: number;
  expired: number;
  awaiting: string | null;
  readonly vols: ValuedVol[];
};

const newTally = (): Tally => ({
  condition: { kind: "ok", subject: null },
  known: true,
  optionDelta: 0,
  hedgeDelta: 0,
  gamma: 0,
  vegaPerVolPoint: 0,
  thetaPerDay: 0,
  live: 0,
  expired: 0,
  awaiting: null,
  vols: [],
});

// Written and read within one call and never across calls.
const greeks = newBlackGreeks();

/** The first thing found, in order of names, is the one that is reported. */
const report = (tally: Tally, kind: "stale_price" | "stale_vol", subject: string): void => {
  if (tally.condition.kind === "ok") tally.condition = { kind, subject };
};

/**
 * Currency per point of one contract that is no option: multiplier × 1, or of an inverse future or perpetual multiplier / mid, the
 * coins that its quote-currency P&L moves by per point. Undefined while an inverse one has no mid.
 */
export const deltaPerContract = (instrument: InstrumentState): number | undefined => {
  if (instrument.terms.valuation === "linear") return instrument.multiplier;
  const mid = midOf(instrument.market);
  return mid === undefined ? undefined : instrument.multiplier / mid;
};

const addLinear = (tally: Tally, instrument: InstrumentState, contracts: number): void => {
  const delta = deltaPerContract(instrument);
  if (delta === undefined) {
    tally.known = false;
    report(tally, "stale_price", instrument.definition.instrument);
    return;
  }
  tally.hedgeDelta += contracts * (delta / instrument.multiplier);
};

type OptionLeg = { readonly option: OptionInstrument; readonly instrument: InstrumentState; readonly contracts: number };

const addOption = (state: EngineState, tally: Tally, { option, instrument, contracts }: OptionLeg, maxAgeUs: number): void => {
  const nowUs = state.facts.recordedTimeUs;
  const forward = forwardOf(state, option);
  const strike = instrument.strikeKey === undefined ? undefined : state.strikes.get(instrument.strikeKey);
  if (forward === undefined || nowUs - forward.timeUs > maxAgeUs) report(tally, "stale_price", forwardSubject(state, option));
  const vol = strike?.vol ?? null;
  const volTimeUs = strike?.volTimeUs ?? null;
  if (vol === null || volTimeUs === null || nowUs - volTimeUs > maxAgeUs) report(tally, "stale_vol", option.instrument);
  if (forward === undefined || vol === null) {
    tally.known = false;
    return;
  }
  const years = yearsToExpiry(nowUs, option.expiryUs);
  const input = { forward: forward.price, strike: Number(option.strike), yearsToExpiry: years, vol, rate: 0, putCall: option.putCall };
  writeBlackGreeks(input, greeks);
  tally.optionDelta += contracts * greeks.delta;
  tally.gamma += contracts * greeks.gamma;
  tally.vegaPerVolPoint += contracts * greeks.vegaPerVolPoint;
  tally.thetaPerDay += contracts * greeks.thetaPerDay;
  tally.vols.push({ instrument: option.instrument, forward: forward.price, vol, yearsToExpiry: years });
};

const tallyPositions = (state: EngineState, book: BookState): Tally => {
  const tally = newTally();
  const maxAgeUs = microseconds(book.facts.limits.maxQuoteAgeMs);
  for (const [name, { contracts }] of book.positions.entries()) {
    const instrument = requireInstrument(state, name);
    const { definition } = instrument;
    const expiryUs = expiryOf(definition);
    if (definition.kind !== "option") {
      if (contracts !== 0) addLinear(tally, instrument, contracts);
    } else if (expiryUs !== undefined && expiryUs <= state.facts.recordedTimeUs) {
      // After its expiry an option has no delta any more; its mark stays until the settlement.
      tally.expired += 1;
      if (contracts !== 0) tally.awaiting ??= name;
    } else if (contracts !== 0) {
      tally.live += 1;
      addOption(state, tally, { option: definition, instrument, contracts }, maxAgeUs);
    }
  }
  return tally;
};

type OpenDelta = { readonly missing: number; readonly bought: number; readonly sold: number };

/** Delta of certain fills that have not arrived, and of the remainders that may still be bought or sold; undefined without a price. */
const openOrderDelta = (state: EngineState, book: BookState): OpenDelta | undefined => {
  let missing = 0;
  let bought = 0;
  let sold = 0;
  for (const index of book.facts.openOrders) {
    const order = state.orders.items[index];
    if (order === undefined) continue;
    const delta = deltaPerContract(requireInstrument(state, order.instrument));
    if (delta === undefined) return undefined;
    missing += signed(order.side, missingFills(order)).toNumber() * delta;
    const remainder = openRemainder(order).toNumber() * delta;
    if (order.side === "buy") bought += remainder;
    else sold += remainder;
  }
  return { missing, bought, sold };
};

const spotOf = (state: EngineState, book: BookState): number | null =>
  state.facts.index.price ?? midOf(requireInstrument(state, book.facts.hedgeInstrument).market) ?? null;

const intervalOf = (heldDelta: number | null, open: OpenDelta | undefined): Interval | null =>
  heldDelta === null || open === undefined ? null : { low: heldDelta - open.sold, high: heldDelta + open.bought };

const conditionOf = (tally: Tally): Condition =>
  tally.condition.kind === "ok" && tally.awaiting !== null ? { kind: "awaiting_settlement", subject: tally.awaiting } : tally.condition;

/**
 * Values a book at the state's time, on the market as it stands. Reads only. Sums run over sorted instruments.
 * Throws what pricing or exact arithmetic throws; the fold turns that into the book's suspension.
 */
export const valueBook = (state: EngineState, book: BookState): Valuation => {
  const tally = tallyPositions(state, book);
  const open = openOrderDelta(state, book);
  const ifKnown = (value: number): number | null => (tally.known ? value : null);
  const heldDelta = tally.known && open !== undefined ? tally.optionDelta + tally.hedgeDelta + open.missing : null;
  return {
    condition: conditionOf(tally),
    spot: spotOf(state, book),
    optionDelta: ifKnown(tally.optionDelta),
    hedgeDelta: ifKnown(tally.hedgeDelta),
    heldDelta,
    netDelta: intervalOf(heldDelta, open),
    gamma: ifKnown(tally.gamma),
    vegaPerVolPoint: ifKnown(tally.vegaPerVolPoint),
    thetaPerDay: ifKnown(tally.thetaPerDay),
    vols: tally.vols,
    finished: tally.expired > 0 && tally.live === 0,
  };
};

