import type { PrismaClient } from "@finality/database";
import { greeksOf, inOneSnapshot, listBooks, pnlOf, progressOf, type Progress } from "@finality/read-models";
import type { BookLine } from "./book-line.ts";

export type BookLines = { readonly progress: Progress | undefined; readonly spot: number | null; readonly currency: string; readonly books: readonly BookLine[] };

/** Every book of a log as of one position of its read models. */
export const readBookLines = (prisma: PrismaClient, log: string): Promise<BookLines> =>
  inOneSnapshot(prisma, async (client) => {
    const lines: BookLine[] = [];
    let [spot, currency]: [number | null, string] = [null, ""];
    for (const { book, policy, refusal, hedges } of await listBooks(client, log)) {
      const [greeks, pnl] = [await greeksOf(client, { log, book }), await pnlOf(client, { log, book })];
      spot = greeks?.spot ?? spot;
      currency = pnl?.currency ?? currency;
      lines.push({
        book,
        netDelta: greeks?.netDeltaLow === undefined || greeks.netDeltaLow === null || greeks.netDeltaHigh === null ? null : (greeks.netDeltaLow + greeks.netDeltaHigh) / 2,
        bandLower: greeks?.bandLower ?? null,
        bandUpper: greeks?.bandUpper ?? null,
        schedule: policy.type === "fixed_interval" ? `every ${String(policy.intervalMs / 60_000)} min` : null,
        hedges,
        refusal,
        openingCost: pnl?.openingCost ?? "0",
        optionPnl: pnl?.optionPnl ?? "0",
        hedgePnl: pnl?.hedgePnl ?? "0",
        settlement: pnl?.settlement ?? "0",
        fees: pnl?.fees ?? "0",
        netPnl: pnl?.netPnl ?? "0",
        inQuote: pnl?.quoteNetPnl === undefined || pnl.quoteNetPnl === null || pnl.quotePrice === null ? null : { netPnl: pnl.quoteNetPnl, price: pnl.quotePrice },
        maxAbsNetDelta: pnl?.maxAbsNetDelta ?? 0,
        meanAbsNetDelta: pnl?.meanAbsNetDelta ?? 0,
      });
    }
    return { progress: await progressOf(client, log), spot, currency, books: lines };
  });
