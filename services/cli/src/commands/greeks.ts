import { createPrisma } from "@finality/database";
import { greeksOf, listBooks, type GreeksRow } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { printData, printJson, table } from "../output.ts";
import { figure } from "../pricing/greek-lines.ts";
import { asOfField, byBook, refuseVenueTime, requireAsOf, withPast, type AsOfOptions, type Past } from "./as-of.ts";
import { logsOf, withData } from "./with-data.ts";

type GreeksOptions = AsOfOptions & { readonly book?: string };

/** What each figure of a book is called and counted in; units in docs/units.md. */
const figures: readonly (readonly [field: keyof GreeksRow, label: string, unit: string])[] = [
  ["spot", "spot", "quote currency"],
  ["netDeltaLow", "net delta, low", "currency per point"],
  ["netDeltaHigh", "net delta, high", "currency per point"],
  ["optionDelta", "option delta", "currency per point"],
  ["premiumAdjustedDelta", "option delta, premium-adjusted", "coins"],
  ["hedgeDelta", "hedge delta", "currency per point"],
  ["gamma", "gamma", "delta per point"],
  ["vegaPerVolPoint", "vega", "per vol point"],
  ["thetaPerDay", "theta", "per day"],
  ["vanna", "vanna", "delta per 1.00 of vol"],
  ["volga", "volga", "vega per 1.00, per 1.00 of vol"],
  ["charmPerYear", "charm", "delta per year that passes"],
  ["vetaPerYear", "veta", "vega per 1.00, per year that passes"],
  ["speed", "speed", "gamma per point"],
  ["zomma", "zomma", "gamma per 1.00 of vol"],
  ["colorPerYear", "color", "gamma per year that passes"],
  ["ultima", "ultima", "volga per 1.00 of vol"],
];

const describe = (row: GreeksRow): string => {
  const lines = figures.flatMap(([field, label, unit]) => {
    const value = row[field];
    return typeof value === "number" ? [{ label, value: figure(value), unit }] : [];
  });
  const body = table([{ title: row.book, value: ({ label }) => label }, { title: row.condition.replaceAll("_", " "), value: ({ value }) => value, align: "right" }, { title: "", value: ({ unit }) => unit }], lines);
  return lines.length === 0 ? `${row.book}: not valued (${row.condition.replaceAll("_", " ")})` : body;
};

/** Greeks of every book to third order: at the position that the read models are true at, or in the past. */
export const runGreeks = async (config: Config, options: GreeksOptions): Promise<void> => {
  refuseVenueTime(options, "Greeks");
  requireAsOf(options);
  if (options.asOf === undefined) await runNow(config, options);
  else await withPast(config, options, (past) => { print(byBook(past.flatMap(({ rows }) => rows.greeks), options.book, past), options, past); });
};

const runNow = (config: Config, options: GreeksOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    if (options.log !== undefined) await logsOf(reader, options.log);
    const prisma = createPrisma(database);
    const books = (await listBooks(prisma, options.log)).filter((each) => options.book === undefined || each.book === options.book);
    if (books.length === 0) throw new CliError("not_found", options.book === undefined ? "There is no book yet." : `There is no book "${options.book}".`);
    const rows: GreeksRow[] = [];
    for (const { log, book } of books) {
      const row = await greeksOf(prisma, { log, book });
      if (row !== undefined) rows.push(row);
    }
    print(rows, options);
  });

const print = (books: readonly GreeksRow[], { json }: GreeksOptions, past?: readonly Past<unknown>[]): void => {
  if (json === true) printJson({ books, ...(past === undefined ? {} : { asOf: asOfField(past) }) });
  else printData(books.map(describe).join("\n\n"));
};
