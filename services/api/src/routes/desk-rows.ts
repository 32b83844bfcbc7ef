import type { StateRows } from "@finality/history";
import { greeksOf, hedgesOf, listBooks, pnlOf, positionsOf, smilesOf, type BookRow, type GreeksRow, type Hedges, type Page, type PnlRow, type PositionRow, type ReadClient, type SmileRow } from "@finality/read-models";
import { hedgesAsOf } from "./past-hedges.ts";

/** What the routes ask of a log: as the read models have it, or as it was. */
export interface DeskRows {
  books(): Promise<readonly BookRow[]>;
  /** Earliest expiry first. */
  smiles(): Promise<readonly SmileRow[]>;
  positions(book: string): Promise<readonly PositionRow[]>;
  greeks(book: string): Promise<GreeksRow | undefined>;
  pnl(book: string): Promise<PnlRow | undefined>;
  hedges(book: string, page: Page): Promise<Hedges>;
}

export const storedRows = (client: ReadClient, log: string): DeskRows => ({
  books: () => listBooks(client, log),
  smiles: () => smilesOf(client, log),
  positions: (book) => positionsOf(client, { log, book }),
  greeks: (book) => greeksOf(client, { log, book }),
  pnl: (book) => pnlOf(client, { log, book }),
  hedges: (book, page) => hedgesOf(client, { log, book }, page),
});

/** Of a past state. What a hedge was made from never changes, so that it comes from the read models; what became of it is the state's. */
export const pastRows = (rows: StateRows, client: ReadClient, log: string): DeskRows => ({
  books: async () => rows.books,
  smiles: async () => [...rows.smiles].sort((a, b) => a.expiryUs - b.expiryUs || (a.key < b.key ? -1 : 1)),
  positions: async (book) => rows.positions.filter((row) => row.book === book),
  greeks: async (book) => rows.greeks.find((row) => row.book === book),
  pnl: async (book) => rows.pnl.find((row) => row.book === book),
  hedges: (book, page) => hedgesAsOf(rows.orders.filter((order) => order.book === book), page, (behind) => hedgesOf(client, { log, book }, behind)),
});
