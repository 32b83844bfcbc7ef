import { createPrisma } from "@finality/database";
import { listBooks, pnlOf, positionsOf, type PnlRow, type PositionRow } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { money, printData, printJson, signed, table } from "../output.ts";
import { withData, type DataOptions } from "./with-data.ts";

type PositionsOptions = DataOptions & { readonly book?: string; readonly json?: true };
type BookPositions = { readonly log: string; readonly book: string; readonly positions: readonly PositionRow[]; readonly pnl: PnlRow | undefined };

const COIN_DIGITS = 8;
/** Options of a coin book are priced in coin, as a share of the underlying; futures and perpetuals in their quote currency. */
const pricedInCoin = ({ averagePrice, markPrice }: PositionRow, inCoin: boolean): boolean => inCoin && [averagePrice, markPrice].every((price) => price === null || Math.abs(Number(price)) < 1);

/** What every book holds, at the position that the read models are true at. */
export const runPositions = (config: Config, options: PositionsOptions): Promise<void> =>
  withData(config, options, async ({ database }) => {
    const prisma = createPrisma(database);
    const books: BookPositions[] = [];
    for (const { log, book } of (await listBooks(prisma)).filter((each) => options.book === undefined || each.book === options.book)) {
      books.push({ log, book, positions: await positionsOf(prisma, { log, book }), pnl: await pnlOf(prisma, { log, book }) });
    }
    if (books.length === 0) throw new CliError("not_found", options.book === undefined ? "There is no book yet." : `There is no book "${options.book}".`);
    if (options.json === true) printJson({ books });
    else printData(books.map(describe).join("\n\n"));
  });

const describe = ({ book, positions, pnl }: BookPositions): string => {
  const inCoin = pnl !== undefined && pnl.quotePrice !== null && pnl.quoteNetPnl !== null;
  const digits = inCoin ? COIN_DIGITS : 2;
  const inQuote = inCoin ? ` (${signed(pnl.quoteNetPnl, 2)} at an index of ${money(pnl.quotePrice, 2)})` : "";
  const rows = table(
    [
      { title: "instrument", value: (row: PositionRow) => row.instrument },
      { title: "contracts", value: (row) => row.quantity, align: "right" },
      { title: "average", value: (row) => money(row.averagePrice, pricedInCoin(row, inCoin) ? COIN_DIGITS : 2), align: "right" },
      { title: "mark", value: (row) => money(row.markPrice, pricedInCoin(row, inCoin) ? COIN_DIGITS : 2), align: "right" },
      { title: "realized", value: (row) => signed(row.realizedPnl, digits), align: "right" },
      { title: "unrealized", value: (row) => signed(row.unrealizedPnl, digits), align: "right" },
      { title: "fees", value: (row) => money(row.fees, digits), align: "right" },
      { title: "currency", value: (row) => row.currency },
      { title: "status", value: (row) => row.status.replaceAll("_", " ") },
    ],
    positions,
  );
  return `${book}${pnl === undefined ? "" : `: net P&L ${signed(pnl.netPnl, digits)} ${pnl.currency}${inQuote}, cash ${money(pnl.cash, digits)}`}\n${rows}`;
};
