import type { Fill } from "@finality/contracts";
import { decimal, zero } from "@finality/domain";
import { signed } from "../orders/order.ts";
import type { EngineState } from "../state/engine-state.ts";
import type { VenueAccount } from "./reconciliation.ts";

/** Adds a recorded fill, expected or not. */
export const noteVenueFill = ({ venueAccounts }: EngineState, { account, fillId, instrument, side, quantity }: Fill): void => {
  const noted: VenueAccount = venueAccounts.get(account) ?? { lastFillId: fillId, quantities: new Map() };
  venueAccounts.set(account, noted);
  noted.lastFillId = fillId;
  noted.quantities.set(instrument, (noted.quantities.get(instrument) ?? zero).plus(signed(side, decimal(quantity))));
};
