import { createPrisma } from "@finality/database";
import type { FactsPnlRow } from "@finality/history";
import { listBooks, pnlOf, positionsOf, type PositionRow } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { money, printData, printJson, signed, table } from "../output.ts";
import { asOfField, byBook, requireAsOf, withFacts, withPast, type AsOfOptions, type Past } from "./as-of.ts";
import { logsOf, withData } from "./with-data.ts";

type PositionsOptions = AsOfOptions & { readonly book?: string };
/** Of a venue time, `pnl` says no more than facts do. */
type BookPositions = { readonly log: string; readonly book: string; readonly positions: readonly PositionRow[]; readonly pnl: FactsPnlRow | undefined };

const COIN_DIGITS = 8;
/** Options of a coin book are priced in coin, as a share of the underlying; futures and perpetuals in their quote currency. */
const pricedInCoin = ({ averagePrice, markPrice }: PositionRow, inCoin: boolean): boolean => inCoin && [averagePrice, markPrice].every((price) => price === null || Math.abs(Number(price)) < 1);

/** What every book holds: at the position that the read models are true at, or in the past. */
export const runPositions = async (config: Config, options: PositionsOptions): Promise<void> => {
  requireAsOf(options);
  const { asOf, asOfVenueTime, book } = options;
  if (asOfVenueTime !== undefined) {
    await withFacts(config, options, asOfVenueTime, (past) => {
      const facts = past.flatMap(({ asOf: { log }, rows }) => rows.map((each) => ({ log, ...each })));
      print(byBook(facts, book, past), options, past);
    });
  } else if (asOf === undefined) await runNow(config, options);
  else {
    await withPast(config, options, (past) => {
      const books = past.flatMap(({ rows }) => rows.books.map((each): BookPositions => {
        const isOwn = (row: { readonly book: string }): boolean => row.book === each.book;
        return { log: each.log, book: each.book, positions: rows.positions.filter(isOwn), pnl: rows.pnl.find(isOwn) };
      }));
      print(byBook(books, book, past), options, past);
    });
  }
};

const runNow = (config: Config, options: PositionsOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    if (options.log !== undefined) await logsOf(reader, options.log);
    const prisma = createPrisma(database);
    const books: BookPositions[] = [];
    for (const { log, book } of (await listBooks(prisma, options.log)).filter((each) => options.book === undefined || each.book === options.book)) {
      books.push({ log, book, positions: await positionsOf(prisma, { log, book }), pnl: await pnlOf(prisma, { log, book }) });
    }
    if (books.length === 0) throw new CliError("not_found", options.book === undefined ? "There is no book yet." : `There is no book "${options.book}".`);
    print(books, options);
  });

const print = (books: readonly BookPositions[], { json }: PositionsOptions, past?: readonly Past<unknown>[]): void => {
  if (json === true) printJson({ books, ...(past === undefined ? {} : { asOf: asOfField(past) }) });
  else printData(books.map(describe).join("\n\n"));
};

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
