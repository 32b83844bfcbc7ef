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
  readonly maxAbsNetDelta: number;
  readonly meanAbsNetDelta: number;
};
