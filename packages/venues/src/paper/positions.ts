import type { Queryable } from "@finality/database";
import type { VenuePositions } from "../venue.ts";

type PositionsRow = { readonly sequence: number; readonly last_fill: string | null; readonly positions: VenuePositions["positions"] };

/** One statement, hence one moment: reports and positions change in one transaction. */
export const readVenuePositions = async (database: Queryable, account: string, log: string): Promise<VenuePositions> => {
  const { rows } = await database.query<PositionsRow>(
    `SELECT (SELECT coalesce(max(sequence), 0) FROM venue.report WHERE account = $1) AS sequence,
            (SELECT convert_from(r.body, 'UTF8')::jsonb ->> 'fillId' FROM venue.report r JOIN venue.order o USING (client_order_id)
              WHERE r.account = $1 AND o.log = $2 AND r.type = 'fill' ORDER BY r.sequence DESC LIMIT 1) AS last_fill,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('instrument', instrument, 'quantity', quantity) ORDER BY instrument), '[]')
               FROM venue.position WHERE account = $1) AS positions`,
    [account, log],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("Invariant: a query without FROM gives one row.");
  return { sequence: row.sequence, lastFillId: row.last_fill ?? undefined, positions: row.positions };
};
