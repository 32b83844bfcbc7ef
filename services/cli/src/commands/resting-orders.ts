import type { Database } from "@finality/database";
import { isInScope, placesOfOrders, type OrderPlace } from "@finality/execution";
import { createPaperVenueClient } from "@finality/venues";

type Halted = { readonly accounts: readonly string[]; readonly logs: readonly string[]; readonly book: string | undefined };

/** Orders of the halted books that rest at the venue now. Throws VenueError where the venue does not answer: an answer without them would look complete. */
export const restingOrders = async (database: Database, { accounts, logs, book }: Halted): Promise<readonly OrderPlace[]> => {
  const venue = createPaperVenueClient(database);
  const open: string[] = [];
  for (const account of accounts) open.push(...(await venue.openOrders(account)));
  return (await placesOfOrders(database, open)).filter((place) => logs.some((log) => isInScope({ log, book }, place)));
};
