import { describeHashes } from "../commands/replay.ts";
import { money, signed, table, type Column } from "../output.ts";
import type { LogSummary } from "../replay/fold-records.ts";
import type { BookLine } from "./book-line.ts";

const columns: readonly Column<BookLine>[] = [
  { title: "book", value: ({ book }) => book },
  { title: "opening cost", value: ({ openingCost }) => money(openingCost), align: "right" },
  { title: "option P&L", value: ({ optionPnl }) => signed(optionPnl), align: "right" },
  { title: "hedge P&L", value: ({ hedgePnl }) => signed(hedgePnl), align: "right" },
  { title: "settlement", value: ({ settlement }) => signed(settlement), align: "right" },
  { title: "fees", value: ({ fees }) => money(fees), align: "right" },
  { title: "net P&L", value: ({ netPnl }) => signed(netPnl), align: "right" },
  { title: "hedges", value: ({ hedges }) => String(hedges), align: "right" },
  { title: "max |Δ|", value: ({ maxAbsNetDelta }) => money(maxAbsNetDelta), align: "right" },
  { title: "mean |Δ|", value: ({ meanAbsNetDelta }) => money(meanAbsNetDelta, 1), align: "right" },
];

export type Summary = { readonly title: string; readonly currency: string; readonly books: readonly BookLine[]; readonly logs: readonly LogSummary[]; readonly folder: string; readonly deadLetters: number };

/** What the demo says at its end. */
export const summaryText = ({ title, currency, books, logs, folder, deadLetters }: Summary): string =>
  [
    title,
    "",
    table(columns, books),
    "",
    `${currency}; opening cost: half-spreads paid on the opening trades (it is inside option P&L); option P&L + hedge P&L + settlement − fees = net P&L.`,
    `Δ: net delta in ${currency} per index point; largest, and time-weighted mean after the first hedge.`,
    "",
    ...logs.map(describeHashes),
    ...(deadLetters === 0 ? [] : ["", `${String(deadLetters)} messages could not be recorded: see npx -y pnpm@10 finality dlq list`]),
    "",
    `The data is in ${folder}. Next:`,
    "  npx -y pnpm@10 finality replay verify           recompute every decision from the log",
    "  npx -y pnpm@10 finality hedges --book scalper   each hedge, why and at what price",
    "  npx -y pnpm@10 finality positions               what every book holds",
  ].join("\n");
