/** One book as the live view and the summary show it. Money in the log's currency as decimal strings; deltas in currency per point. */
export type BookLine = {
  readonly book: string;
  readonly netDelta: number | null;
  readonly bandLower: number | null;
  readonly bandUpper: number | null;
  /** When it is hedged, of a book that goes by the clock and not by a band; else null. */
  readonly schedule: string | null;
  readonly hedges: number;
  readonly refusal: string | null;
  readonly openingCost: string;
  readonly optionPnl: string;
  readonly hedgePnl: string;
  readonly settlement: string;
  readonly fees: string;
  readonly netPnl: string;
  /** Of a book in coin: its net P&L in the index's quote currency, and the index that it was converted at. */
  readonly inQuote: { readonly netPnl: string; readonly price: string } | null;
  readonly maxAbsNetDelta: number;
  readonly meanAbsNetDelta: number;
};

/** Digits that the amounts are shown with: whole units of a currency, five decimals of a coin. */
export const digitsOf = ({ inQuote }: Pick<BookLine, "inQuote">): number => (inQuote === null ? 0 : 5);
