import type { PositionMismatchRecorded } from "@finality/contracts";
import type { Decimal } from "@finality/domain";

export type Differences = PositionMismatchRecorded["differences"];

/** What the last recorded comparison of an account said; there is none before its first mismatch. Plain data. */
export type Reconciliation = { readonly account: string; readonly differences: Differences };

export const reconciliationSection = (account: string): string => `reconciliation/${account}`;

/** What the recorded fills of an account, expected or not, add up to: what the venue must say of it. Derived. */
export type VenueAccount = {
  lastFillId: string;
  /** Signed contracts by instrument. */
  readonly quantities: Map<string, Decimal>;
};
