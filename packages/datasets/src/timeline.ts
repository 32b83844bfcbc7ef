import type { Instrument, Message, Tick } from "@finality/contracts";
import { Decimal } from "decimal.js";
import { checkManifest } from "./check-manifest.ts";
import { DatasetError } from "./errors.ts";
import type { DatasetManifest, ManifestInstrument } from "./manifest.ts";
import { instantUsOf } from "./read-manifest.ts";
import { readTicks } from "./read-rows.ts";

/** A control message of a dataset before the conductor gives it its instant and part. */
export type ControlStep = StepOf<Message>;
type ControlType = "open_log" | "list_instrument" | "open_book" | "book_trade" | "set_policy" | "settlement_price" | "halt";
type StepOf<Each> = Each extends { readonly type: ControlType; readonly body: unknown } ? Pick<Each, "type" | "body"> : never;

/** What a dataset says at one instant: ticks in file order, then control. */
export type TimelineInstant = { readonly instantUs: number; readonly ticks: readonly Tick[]; readonly control: readonly ControlStep[] };

/** Instants in rising order; each is published and acted upon before the next (rule 33). */
export const timelineOf = (folder: string, manifest: DatasetManifest): readonly TimelineInstant[] => {
  checkManifest(manifest);
  const ticks = groupByInstant(sessionTicks(folder, manifest), manifest.batchMs);
  const control = new Map<number, ControlStep[]>();
  const schedule = (instantUs: number, ...steps: readonly ControlStep[]): void => {
    control.set(instantUs, [...(control.get(instantUs) ?? []), ...steps]);
  };
  schedule(instantUsOf(manifest.opening.startsAt), ...openingSteps(manifest));
  for (const { instantUs, step } of tradeSteps(manifest, ticks)) schedule(instantUs, step);
  for (const { instantUs, step } of hedgingSteps(manifest)) schedule(instantUs, step);
  schedule(instantUsOf(manifest.session.tradingEndsAt), { type: "halt", body: { haltId: `${manifest.dataset}-close` } });
  for (const settlement of manifest.settlements) {
    const venueTimeUs = instantUsOf(settlement.publishedAt);
    schedule(venueTimeUs, { type: "settlement_price", body: { instrument: settlement.instrument, price: settlement.price, venueTimeUs } });
  }
  const instants = [...new Set([...ticks.keys(), ...control.keys()])].sort((left, right) => left - right);
  return instants.map((instantUs) => ({ instantUs, ticks: ticks.get(instantUs) ?? [], control: control.get(instantUs) ?? [] }));
};

const sessionTicks = (folder: string, manifest: DatasetManifest): readonly Tick[] => {
  const listed = new Set([manifest.log, ...manifest.instruments.map((each) => each.instrument)]);
  const [opensUs, closesUs] = [instantUsOf(manifest.session.opensAt), instantUsOf(manifest.session.closesAt)];
  const inSession = (tick: Tick): boolean => listed.has(tick.instrument) && tick.venueTimeUs >= opensUs && tick.venueTimeUs <= closesUs;
  const recorded = manifest.files.flatMap((file) => readTicks(folder, file).filter(inSession));
  const indexTicks = recorded.filter((tick) => tick.kind === "index");
  const modelled = manifest.modelledQuotes.flatMap((model) => {
    const source = model.from === "index" ? indexTicks : lastTrades(recorded, model.instrument);
    return source.map((tick) => modelledQuote(model, tick));
  });
  return [...indexTicks, ...modelled, ...recorded.filter((tick) => tick.kind !== "index")];
};

/** The last of the trades that an instrument had at one instant, for every instant. */
const lastTrades = (ticks: readonly Tick[], instrument: string): readonly (Tick & { readonly kind: "trade" })[] =>
  ticks
    .filter((tick) => tick.kind === "trade")
    .filter((tick) => tick.instrument === instrument)
    .filter((tick, index, trades) => trades[index + 1]?.venueTimeUs !== tick.venueTimeUs);

const modelledQuote = (
  model: DatasetManifest["modelledQuotes"][number],
  around: { readonly price: string; readonly venueTimeUs: number },
): Tick => ({
  kind: "quote",
  instrument: model.instrument,
  venueTimeUs: around.venueTimeUs,
  bid: new Decimal(around.price).minus(model.halfSpread).toFixed(),
  bidSize: model.size,
  ask: new Decimal(around.price).plus(model.halfSpread).toFixed(),
  askSize: model.size,
});

/** Ticks by the instant that they are published at; of one instant in order of venue time, and of one venue time in the order given. */
const groupByInstant = (ticks: readonly Tick[], batchMs: number | undefined): ReadonlyMap<number, readonly Tick[]> => {
  const groups = new Map<number, Tick[]>();
  const batchUs = batchMs === undefined ? 1 : batchMs * 1_000;
  for (const tick of ticks) {
    const instantUs = Math.ceil(tick.venueTimeUs / batchUs) * batchUs;
    const group = groups.get(instantUs);
    if (group === undefined) groups.set(instantUs, [tick]);
    else group.push(tick);
  }
  for (const group of groups.values()) group.sort((left, right) => left.venueTimeUs - right.venueTimeUs);
  return groups;
};

const openingSteps = (manifest: DatasetManifest): readonly ControlStep[] => {
  const { startsAt, ...opening } = manifest.opening;
  return [
    { type: "open_log", body: { clock: "data", startsAtUs: instantUsOf(startsAt), ...opening } },
    ...manifest.instruments.map((instrument): ControlStep => ({ type: "list_instrument", body: { instrument: listed(instrument) } })),
    ...manifest.books.map(({ openingTrades, ...definition }): ControlStep => ({
      type: "open_book",
      body: openingTrades.length === 0 ? definition : { ...definition, policy: { type: "none" } },
    })),
  ];
};

/** A book that opens with trades is hedged from its last one on: half a straddle is nothing to hedge. */
const hedgingSteps = (manifest: DatasetManifest): readonly { instantUs: number; step: ControlStep }[] =>
  manifest.books.flatMap(({ book, policy, openingTrades }) => {
    if (openingTrades.length === 0 || policy.type === "none") return [];
    const instantUs = Math.max(...openingTrades.map((trade) => instantUsOf(trade.at)));
    return [{ instantUs, step: { type: "set_policy", body: { book, policy } } as const }];
  });

const listed = (instrument: ManifestInstrument): Instrument => {
  if (instrument.kind === "perpetual" || instrument.kind === "spot") return instrument;
  const { expiresAt, ...rest } = instrument;
  return { ...rest, expiryUs: instantUsOf(expiresAt) };
};

const tradeSteps = (manifest: DatasetManifest, ticks: ReadonlyMap<number, readonly Tick[]>): readonly { instantUs: number; step: ControlStep }[] =>
  manifest.books.flatMap(({ book, openingTrades }) =>
    openingTrades.map((trade, index) => {
      const instantUs = instantUsOf(trade.at);
      const quote = ticks.get(instantUs)?.findLast((tick) => tick.kind === "quote" && tick.instrument === trade.instrument);
      const price = trade.price === "bid" || trade.price === "ask" ? quoteSide(quote, trade.price) : trade.price;
      if (price === undefined) {
        throw new DatasetError("reference", `Book ${book} trades ${trade.instrument} at the ${trade.price} known at ${trade.at}, but no such quote is known at that instant.`);
      }
      const fee = new Decimal(trade.feePerContract).times(trade.quantity).toFixed();
      const { instrument, side, quantity } = trade;
      return { instantUs, step: { type: "book_trade", body: { tradeId: `${book}-open-${String(index + 1)}`, book, instrument, side, quantity, price, fee, venueTimeUs: instantUs } } };
    }),
  );

const quoteSide = (tick: Tick | undefined, side: "bid" | "ask"): string | undefined => (tick?.kind === "quote" ? tick[side] : undefined);
