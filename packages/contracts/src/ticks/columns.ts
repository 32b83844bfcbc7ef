import type { TickKind } from "../messages/bodies.ts";

export const tickKinds: readonly TickKind[] = ["quote", "trade", "index", "mark"];

/** Why a valid tick is recorded but not priced on; bits of `TickColumns.flags`. */
export const tickFlags = { crossed: 1, far: 2, stale: 4, late: 8 } as const;

/**
 * The ticks of one `TicksRecorded` record as struct of arrays; all arrays have `count` entries.
 * Values by kind: quote = bid, bidSize, ask, askSize; trade = price, size; index = price; mark = price, vol. NaN where absent.
 */
export type TickColumns = {
  readonly count: number;
  /** Dictionary, in order of first appearance. */
  readonly instruments: readonly string[];
  /** Index into `instruments`. */
  readonly instrument: Uint16Array;
  /** Index into `tickKinds`. */
  readonly kind: Uint8Array;
  /** Bits of `tickFlags`. */
  readonly flags: Uint8Array;
  readonly venueTimeUs: Float64Array;
  /** NaN where the source had none. */
  readonly receiveTimeUs: Float64Array;
  readonly value0: Float64Array;
  readonly value1: Float64Array;
  readonly value2: Float64Array;
  readonly value3: Float64Array;
};

/** Most instruments of one record: what an index of 16 bits can name. */
export const instrumentsMax = 65_536;
