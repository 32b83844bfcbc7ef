import { requireFinite, requirePositive } from "../errors.ts";

export type FutureTrip = {
  readonly entryPrice: number;
  readonly exitPrice: number;
};

/** Profit of a future or perpetual in both currencies; the one that it is not settled in is converted at the exit price. */
export type FuturePnl = { readonly coin: number; readonly quote: number; readonly convertedAt: number };

/** Prices are quote currency per coin, > 0. `quantity` is signed. */
const requireTrip = (quantity: number, { entryPrice, exitPrice }: FutureTrip): void => {
  requireFinite("quantity", quantity);
  requirePositive("entryPrice", entryPrice);
  requirePositive("exitPrice", exitPrice);
};

/** Linear: `quantity` in coins, settled in quote currency: quantity × (exit - entry). Throws PricingError for arguments out of range. */
export const linearFuturePnl = (quantity: number, trip: FutureTrip): FuturePnl => {
  requireTrip(quantity, trip);
  const quote = quantity * (trip.exitPrice - trip.entryPrice);
  return { coin: quote / trip.exitPrice, quote, convertedAt: trip.exitPrice };
};

/**
 * Inverse: `quantity` in quote currency (10 US dollars a contract on Deribit), settled in coin: quantity × (1 / entry - 1 / exit), taken as one fraction, so
 * that close prices cost no digits. Throws PricingError for arguments out of range.
 */
export const inverseFuturePnl = (quantity: number, trip: FutureTrip): FuturePnl => {
  requireTrip(quantity, trip);
  const move = (trip.exitPrice - trip.entryPrice) / trip.entryPrice;
  return { coin: (quantity * move) / trip.exitPrice, quote: quantity * move, convertedAt: trip.exitPrice };
};
