import { expect, test } from "vitest";
import type { BookLine } from "./book-line.ts";
import { summaryText } from "./summary.ts";

const line = (book: string, hedges: number, netPnl: string): BookLine => ({
  book, netDelta: 0, bandLower: null, bandUpper: null, schedule: null, hedges, refusal: null,
  openingCost: "0", optionPnl: "0", hedgePnl: "0", settlement: "0", fees: "0", netPnl, inQuote: null, maxAbsNetDelta: 0, meanAbsNetDelta: 0,
});
const summarized = (books: readonly BookLine[]): readonly string[] =>
  summaryText({ title: "A day", currency: "USD", books, logs: [], folder: "f", deadLetters: 0 }).split("\n").filter((text) => text.includes("finality"));

test("the hedges that it points to are those of the hedged book that did best, whatever its name", () => {
  expect(summarized([line("short", 29, "-0.3"), line("long", 29, "0.1"), line("unhedged", 0, "0.2")])).toEqual([
    "  npx -y pnpm@10 finality replay verify        recompute every decision from the log",
    "  npx -y pnpm@10 finality hedges --book long   each hedge, why and at what price",
    "  npx -y pnpm@10 finality positions            what every book holds",
  ]);
  // By value, not by text: "9" stands behind "10" there.
  expect(summarized([line("nine", 1, "9"), line("ten", 1, "10")])[1]).toContain("--book ten");
});

test("it points to no hedges where nobody hedged", () => {
  expect(summarized([line("unhedged", 0, "5")]).join("\n")).not.toContain("hedges");
});

test("a book in coin shows five decimals, and what that is at the last index", () => {
  const coin: BookLine = { ...line("long", 29, "0.12997727"), inQuote: { netPnl: "8351.27", price: "64251.76" } };
  const text = summaryText({ title: "A day", currency: "BTC", books: [coin], logs: [], folder: "f", deadLetters: 0 });
  expect(text).toMatch(/\+0\.12998 +\+8,351 /);
  expect(text).toContain("at the last index, 64,251.76.");
});
