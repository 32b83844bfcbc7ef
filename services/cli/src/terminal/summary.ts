import { describeHashes } from "../commands/replay.ts";
import { money, signed, table, type Column } from "../output.ts";
import type { LogSummary } from "../replay/fold-records.ts";
import { digitsOf, type BookLine } from "./book-line.ts";

const columns: readonly Column<BookLine>[] = [
  { title: "book", value: ({ book }) => book },
  { title: "opening cost", value: (line) => money(line.openingCost, digitsOf(line)), align: "right" },
  { title: "option P&L", value: (line) => signed(line.optionPnl, digitsOf(line)), align: "right" },
  { title: "hedge P&L", value: (line) => signed(line.hedgePnl, digitsOf(line)), align: "right" },
  { title: "settlement", value: (line) => signed(line.settlement, digitsOf(line)), align: "right" },
  { title: "fees", value: (line) => money(line.fees, digitsOf(line)), align: "right" },
  { title: "net P&L", value: (line) => signed(line.netPnl, digitsOf(line)), align: "right" },
  { title: "hedges", value: ({ hedges }) => String(hedges), align: "right" },
  { title: "max |Δ|", value: (line) => money(line.maxAbsNetDelta, digitsOf(line) === 0 ? 0 : 2), align: "right" },
  { title: "mean |Δ|", value: (line) => money(line.meanAbsNetDelta, digitsOf(line) === 0 ? 1 : 2), align: "right" },
];

/** A book in coin also says what that is worth. */
const inQuote: Column<BookLine> = { title: "in quote", value: ({ inQuote: quote }) => signed(quote?.netPnl ?? null), align: "right" };

const columnsOf = (books: readonly BookLine[]): readonly Column<BookLine>[] =>
  books.every((line) => line.inQuote === null) ? columns : columns.flatMap((column) => (column.title === "net P&L" ? [column, inQuote] : [column]));

const quoteLine = (books: readonly BookLine[]): readonly string[] => {
  const price = books.find((line) => line.inQuote !== null)?.inQuote?.price;
  return price === undefined ? [] : [`in quote: net P&L in the index's currency, at the last index, ${money(price, 2)}.`];
};

/** Commands that look into what the day left; the hedges are those of the hedged book that did best. */
const nextLines = (books: readonly BookLine[]): readonly string[] => {
  const hedged = books.filter(({ hedges }) => hedges > 0).toSorted((left, right) => Number(right.netPnl) - Number(left.netPnl))[0];
  const commands: readonly (readonly [command: string, says: string])[] = [
    ["replay verify", "recompute every decision from the log"],
    ...(hedged === undefined ? [] : [[`hedges --book ${hedged.book}`, "each hedge, why and at what price"] as const]),
    ["positions", "what every book holds"],
  ];
  const width = Math.max(...commands.map(([command]) => command.length)) + 3;
  return commands.map(([command, says]) => `  npx -y pnpm@10 finality ${command.padEnd(width)}${says}`);
};

export type Summary = { readonly title: string; readonly currency: string; readonly books: readonly BookLine[]; readonly logs: readonly LogSummary[]; readonly folder: string; readonly deadLetters: number };

/** What the demo says at its end. */
export const summaryText = ({ title, currency, books, logs, folder, deadLetters }: Summary): string =>
  [
    title,
    "",
    table(columnsOf(books), books),
    "",
    `${currency}; opening cost: half-spreads paid on the opening trades (it is inside option P&L); option P&L + hedge P&L + settlement − fees = net P&L.`,
    `Δ: net delta in ${books.some(({ inQuote }) => inQuote !== null) ? currency : `${currency} per index point`}; largest, and time-weighted mean after the first hedge.`,
    ...quoteLine(books),
    "",
    ...logs.map(describeHashes),
    ...(deadLetters === 0 ? [] : ["", `${String(deadLetters)} messages could not be recorded: see npx -y pnpm@10 finality dlq list`]),
    "",
    `The data is in ${folder}. Next:`,
    ...nextLines(books),
  ].join("\n");
