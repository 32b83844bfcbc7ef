import { decodeRecord } from "@finality/contracts";
import type { Queryable } from "@finality/database";
import { decimal, formatDecimal } from "@finality/domain";
import type { NewVenueReport } from "@finality/venues";
import { listingOf, type Listing, type Market, type Quote } from "./market.ts";
import type { OpenOrder } from "./open-order.ts";

type Side = "bid" | "bid_size" | "ask" | "ask_size";
type QuoteRow = { readonly instrument: string; readonly venue_us: number } & { readonly [Key in Side]: string | null };
type ListingRow = { readonly type: string; readonly version: number; readonly venue_us: number; readonly recorded_us: number; readonly payload: Uint8Array; readonly generation: number; readonly position: number };

/** A listed instrument without a quote has a row all the same: by it the venue's client knows what is listed. */
export const loadMarket = async (client: Queryable, log: string, position: number): Promise<Market> => {
  const listings = await loadListings(client, log, position);
  const { rows } = await client.query<QuoteRow>("SELECT instrument, bid, bid_size, ask, ask_size, venue_us FROM venue.quote WHERE log = $1", [log]);
  const quotes = rows.filter(({ bid, ask }) => bid !== null || ask !== null).map((row): readonly [string, Quote] => [row.instrument, quoteOf(row)]);
  return { listings, quotes: new Map(quotes) };
};

const quoteOf = ({ bid, bid_size: bidSize, ask, ask_size: askSize, venue_us: sinceUs }: QuoteRow): Quote => ({
  ...(bid === null ? {} : { bid }),
  ...(bidSize === null ? {} : { bidSize }),
  ...(ask === null ? {} : { ask }),
  ...(askSize === null ? {} : { askSize }),
  sinceUs,
});

/** Terms of instruments are in the log already: they are read from there, not kept twice. */
const loadListings = async (client: Queryable, log: string, position: number): Promise<Map<string, Listing>> => {
  const listings = new Map<string, Listing>();
  const { rows } = await client.query<ListingRow>(
    `SELECT type, version, venue_us, recorded_us, payload, generation, position FROM event_log.record
      WHERE log = $1 AND position <= $2 AND type IN ('InstrumentListed', 'InstrumentExpired') ORDER BY position`,
    [log, position],
  );
  for (const { venue_us: venueTimeUs, recorded_us: recordedTimeUs, ...row } of rows) {
    const record = decodeRecord({ log, venueTimeUs, recordedTimeUs, ...row });
    if (record.type === "InstrumentListed") listings.set(record.body.instrument.instrument, listingOf(record.body.instrument));
    if (record.type === "InstrumentExpired") listings.delete(record.body.instrument);
  }
  return listings;
};

/** Recorded time of the record at `position`; 0 before the first. */
export const clockAt = async (client: Queryable, log: string, position: number): Promise<number> => {
  const { rows } = await client.query<{ readonly recorded_us: number }>("SELECT recorded_us FROM event_log.record WHERE log = $1 AND position = $2", [log, position]);
  return rows[0]?.recorded_us ?? 0;
};

type OrderRow = {
  readonly client_order_id: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: OpenOrder["side"];
  readonly quantity: string;
  readonly filled: string;
  readonly arrives_us: number;
  readonly reports: number;
};

/** Open orders that arrive up to `untilUs`, locked, so that nobody cancels them meanwhile. */
export const lockOpenOrders = async (client: Queryable, log: string, untilUs: number): Promise<readonly OpenOrder[]> => {
  const { rows } = await client.query<OrderRow>(
    `SELECT client_order_id, account, instrument, side, quantity, filled, arrives_us,
            CASE WHEN filled = '0' THEN 0
                 ELSE (SELECT count(*) FROM venue.report r WHERE r.account = o.account AND r.client_order_id = o.client_order_id) END AS reports
       FROM venue.order o WHERE log = $1 AND state = 'open' AND arrives_us <= $2 ORDER BY client_order_id FOR UPDATE`,
    [log, untilUs],
  );
  return rows.map((row) => ({
    clientOrderId: row.client_order_id,
    account: row.account,
    instrument: row.instrument,
    side: row.side,
    quantity: decimal(row.quantity),
    arrivesUs: row.arrives_us,
    filled: decimal(row.filled),
    reports: row.reports,
    state: "open",
  }));
};

export const saveOrders = async (client: Queryable, orders: readonly OpenOrder[]): Promise<void> => {
  await client.query(
    `UPDATE venue.order o SET filled = new.filled, state = new.state
       FROM unnest($1::text[], $2::text[], $3::text[]) AS new (id, filled, state) WHERE o.client_order_id = new.id`,
    [orders.map(({ clientOrderId }) => clientOrderId), orders.map(({ filled }) => formatDecimal(filled)), orders.map(({ state }) => state)],
  );
};

/** Under the accounts' numbering locks, which `appendVenueReports` takes: nobody else changes these positions meanwhile. */
export const savePositions = async (client: Queryable, reports: readonly NewVenueReport[]): Promise<void> => {
  for (const report of reports) {
    if (report.type !== "fill") continue;
    const { account, instrument, side, quantity } = report.body;
    const signed = side === "buy" ? decimal(quantity) : decimal(quantity).neg();
    const { rows } = await client.query<{ readonly quantity: string }>("SELECT quantity FROM venue.position WHERE account = $1 AND instrument = $2", [account, instrument]);
    await client.query(
      "INSERT INTO venue.position (account, instrument, quantity) VALUES ($1, $2, $3) ON CONFLICT (account, instrument) DO UPDATE SET quantity = excluded.quantity",
      [account, instrument, formatDecimal(decimal(rows[0]?.quantity ?? "0").plus(signed))],
    );
  }
};

/** Writes the quotes of these instruments as the market has them; what is not listed any more has no row. */
export const saveQuotes = async (client: Queryable, log: string, { listings, quotes }: Market, instruments: readonly string[]): Promise<void> => {
  const listed = instruments.filter((instrument) => listings.has(instrument));
  const column = (value: (quote: Quote | undefined) => string | undefined): (string | null)[] => listed.map((instrument) => value(quotes.get(instrument)) ?? null);
  await client.query(
    `INSERT INTO venue.quote (log, instrument, bid, bid_size, ask, ask_size, venue_us)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int8[])
     ON CONFLICT (log, instrument) DO UPDATE SET bid = excluded.bid, bid_size = excluded.bid_size, ask = excluded.ask, ask_size = excluded.ask_size, venue_us = excluded.venue_us`,
    [log, listed, column((quote) => quote?.bid), column((quote) => quote?.bidSize), column((quote) => quote?.ask), column((quote) => quote?.askSize), listed.map((instrument) => quotes.get(instrument)?.sinceUs ?? 0)],
  );
  const gone = instruments.filter((instrument) => !listings.has(instrument));
  if (gone.length > 0) await client.query("DELETE FROM venue.quote WHERE log = $1 AND instrument = ANY($2)", [log, gone]);
};
