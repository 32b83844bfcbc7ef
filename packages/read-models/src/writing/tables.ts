import type { Statement } from "@finality/database";
import type { ReadModels } from "../rows/rows.ts";

/** A table of a version: its key columns, and of every column the property of a row that it holds. */
type Table<Row> = { readonly name: string; readonly key: readonly string[]; readonly columns: Readonly<Record<string, keyof Row & string>> };

const place = { log: "log", book: "book" } as const;

/** In the order in which they are written. */
const tables: { readonly [Key in keyof ReadModels]: Table<ReadModels[Key][number]> } = {
  books: {
    name: "book",
    key: ["log", "book"],
    columns: { ...place, account: "account", hedge_instrument: "hedgeInstrument", policy: "policy", limits: "limits", status: "status", refusal: "refusal", hedges: "hedges" },
  },
  positions: {
    name: "position",
    key: ["log", "book", "instrument"],
    columns: {
      ...place,
      instrument: "instrument",
      quantity: "quantity",
      average_price: "averagePrice",
      mark_price: "markPrice",
      currency: "currency",
      realized_pnl: "realizedPnl",
      unrealized_pnl: "unrealizedPnl",
      settlement_cash: "settlementCash",
      fees: "fees",
      status: "status",
    },
  },
  greeks: {
    name: "greeks",
    key: ["log", "book"],
    columns: {
      ...place,
      spot: "spot",
      net_delta_low: "netDeltaLow",
      net_delta_high: "netDeltaHigh",
      option_delta: "optionDelta",
      hedge_delta: "hedgeDelta",
      gamma: "gamma",
      vega_per_vol_point: "vegaPerVolPoint",
      theta_per_day: "thetaPerDay",
      premium_adjusted_delta: "premiumAdjustedDelta",
      vanna: "vanna",
      volga: "volga",
      charm_per_year: "charmPerYear",
      veta_per_year: "vetaPerYear",
      speed: "speed",
      zomma: "zomma",
      color_per_year: "colorPerYear",
      ultima: "ultima",
      band_lower: "bandLower",
      band_upper: "bandUpper",
      band_target: "bandTarget",
      condition: "condition",
    },
  },
  smiles: {
    name: "smile",
    key: ["log", "key"],
    columns: { log: "log", key: "key", expiry_us: "expiryUs", strikes: "strikes", fitted: "fitted", refused: "refused" },
  },
  pnl: {
    name: "pnl",
    key: ["log", "book"],
    columns: {
      ...place,
      currency: "currency",
      opening_cost: "openingCost",
      option_pnl: "optionPnl",
      hedge_pnl: "hedgePnl",
      settlement: "settlement",
      fees: "fees",
      net_pnl: "netPnl",
      cash: "cash",
      quote_price: "quotePrice",
      quote_price_us: "quotePriceUs",
      quote_net_pnl: "quoteNetPnl",
      quote_cash: "quoteCash",
      max_abs_net_delta: "maxAbsNetDelta",
      mean_abs_net_delta: "meanAbsNetDelta",
    },
  },
  orders: {
    name: "order",
    key: ["log", "command_id"],
    columns: {
      ...place,
      command_id: "commandId",
      position: "position",
      instrument: "instrument",
      side: "side",
      quantity: "quantity",
      cumulative_quantity: "cumulativeQuantity",
      average_price: "averagePrice",
      fees: "fees",
      state: "state",
    },
  },
  decisions: {
    name: "decision",
    key: ["log", "position"],
    columns: { ...place, position: "position", type: "type", reason: "reason", recorded_us: "recordedTimeUs", body: "body" },
  },
};

export const tableNames: readonly string[] = Object.values(tables).map(({ name }) => name);

/** Table by table the columns that this release's shape has. */
export const columnsOfShape: Readonly<Record<string, readonly string[]>> = Object.fromEntries(Object.values(tables).map(({ name, columns }) => [name, Object.keys(columns)]));

/** One statement for any number of rows: they travel as one JSON array, in which a double keeps every bit (shortest form). */
const upsert = <Row extends object>({ name, key, columns }: Table<Row>, version: number, rows: readonly Row[]): Statement => {
  const all = Object.keys(columns);
  const changing = all.filter((column) => !key.includes(column)).map((column) => `${column} = EXCLUDED.${column}`);
  const values = rows.map((row) => Object.fromEntries(all.map((column) => [column, row[columns[column] as keyof Row]]))); // a key of `columns`
  return {
    name: `read-model-${name}`,
    text: `INSERT INTO projection.${name} (version, ${all.join(", ")})
           SELECT $2, ${all.join(", ")} FROM jsonb_populate_recordset(NULL::projection.${name}, $1::jsonb)
           ON CONFLICT (version, ${key.join(", ")}) DO UPDATE SET ${changing.join(", ")}`,
    values: [JSON.stringify(values), version],
  };
};

/** The statements that put these rows of a version in place of those with their keys; none for a table without rows. */
export const upserts = (version: number, rows: ReadModels): readonly Statement[] => [
  ...(rows.books.length === 0 ? [] : [upsert(tables.books, version, rows.books)]),
  ...(rows.positions.length === 0 ? [] : [upsert(tables.positions, version, rows.positions)]),
  ...(rows.greeks.length === 0 ? [] : [upsert(tables.greeks, version, rows.greeks)]),
  ...(rows.smiles.length === 0 ? [] : [upsert(tables.smiles, version, rows.smiles)]),
  ...(rows.pnl.length === 0 ? [] : [upsert(tables.pnl, version, rows.pnl)]),
  ...(rows.orders.length === 0 ? [] : [upsert(tables.orders, version, rows.orders)]),
  ...(rows.decisions.length === 0 ? [] : [upsert(tables.decisions, version, rows.decisions)]),
];
