import { decimalOfDouble } from "../decimals/decimal-text.ts";
import { ContractsError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { Tick } from "../messages/bodies.ts";
import { instrumentsMax, tickKinds, type TickColumns } from "./columns.ts";
import { newColumns } from "./new-columns.ts";

/** The four values of a tick in the order of `TickColumns`. */
const valuesOf = (tick: Tick): readonly (string | undefined)[] => {
  switch (tick.kind) {
    case "quote":
      return [tick.bid, tick.bidSize, tick.ask, tick.askSize];
    case "trade":
      return [tick.price, tick.size];
    case "index":
      return [tick.price];
    case "mark":
      return [tick.price, tick.vol];
  }
};

const doubleOf = (decimal: string | undefined): number => (decimal === undefined ? NaN : Number(decimal));

/** Struct of arrays from ticks that `parseTick` let through, with one set of flags a tick. */
export const columnsOf = (ticks: readonly Tick[], flags: readonly number[]): TickColumns => {
  const count = ticks.length;
  invariant(flags.length === count, "each tick has its flags");
  const places = new Map<string, number>();
  const instruments: string[] = [];
  const columns = newColumns(count, instruments);
  columns.flags.set(flags);
  for (const [index, tick] of ticks.entries()) {
    let place = places.get(tick.instrument);
    if (place === undefined) {
      place = instruments.push(tick.instrument) - 1;
      places.set(tick.instrument, place);
    }
    const [value0, value1, value2, value3] = valuesOf(tick);
    columns.instrument[index] = place;
    columns.kind[index] = tickKinds.indexOf(tick.kind);
    columns.venueTimeUs[index] = tick.venueTimeUs;
    columns.receiveTimeUs[index] = tick.receiveTimeUs ?? NaN;
    columns.value0[index] = doubleOf(value0);
    columns.value1[index] = doubleOf(value1);
    columns.value2[index] = doubleOf(value2);
    columns.value3[index] = doubleOf(value3);
  }
  if (instruments.length > instrumentsMax) throw new ContractsError("bad_ticks", `${String(instruments.length)} instruments in one record; at most ${String(instrumentsMax)} fit.`);
  return columns;
};

/** The tick at `index`, 0 … count − 1, as it came, but for needless zeros of its decimals. */
export const tickAt = (columns: TickColumns, index: number): Tick => {
  invariant(index >= 0 && index < columns.count, "a tick's index is below the count");
  const instrument = columns.instruments[columns.instrument[index] ?? 0] ?? "";
  const kind = tickKinds[columns.kind[index] ?? 0] ?? "quote";
  const receiveTimeUs = columns.receiveTimeUs[index] ?? NaN;
  const common = { instrument, venueTimeUs: columns.venueTimeUs[index] ?? NaN, ...(Number.isNaN(receiveTimeUs) ? {} : { receiveTimeUs }) };
  const [value0, value1, value2, value3] = [columns.value0, columns.value1, columns.value2, columns.value3].map((column) => column[index] ?? NaN);
  switch (kind) {
    case "quote":
      return { kind, ...common, ...optional("bid", value0), ...optional("bidSize", value1), ...optional("ask", value2), ...optional("askSize", value3) };
    case "trade":
      return { kind, ...common, price: decimalOfDouble(value0 ?? NaN), size: decimalOfDouble(value1 ?? NaN) };
    case "index":
      return { kind, ...common, price: decimalOfDouble(value0 ?? NaN) };
    case "mark":
      return { kind, ...common, price: decimalOfDouble(value0 ?? NaN), ...optional("vol", value1) };
  }
};

const optional = <Key extends string>(key: Key, value = NaN): { readonly [Name in Key]?: string } =>
  // The computed key is the one named by the type.
  Number.isNaN(value) ? {} : ({ [key]: decimalOfDouble(value) } as { readonly [Name in Key]?: string });
