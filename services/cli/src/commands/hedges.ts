import { createPrisma } from "@finality/database";
import { hedgesOf, listBooks } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { dayOf, money, printData, printJson, signed, table, timeOfDay } from "../output.ts";
import { asOfField, byBook, refuseVenueTime, requireAsOf, withPastOf, type AsOfOptions, type Past } from "./as-of.ts";
import { hedgesThen, type BookHedge } from "./past-hedges.ts";
import { logsOf, withData } from "./with-data.ts";

type HedgesOptions = AsOfOptions & { readonly book?: string };

const page = 500;

/** Every hedge decision with what became of its order: by now, or as it stood in the past. */
export const runHedges = async (config: Config, options: HedgesOptions): Promise<void> => {
  refuseVenueTime(options, "Hedges", "were decided from what was known at a record, and executed later");
  requireAsOf(options);
  if (options.asOf === undefined) await runNow(config, options);
  else {
    await withPastOf(config, options, hedgesThen, (past) => {
      const books = byBook(past.flatMap(({ rows }) => rows.books), options.book, past);
      const hedges = past.flatMap(({ rows }) => rows.hedges);
      print(books.flatMap(({ log, book }) => hedges.filter((hedge) => hedge.log === log && hedge.book === book)), options, past);
    });
  }
};

const runNow = (config: Config, options: HedgesOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    if (options.log !== undefined) await logsOf(reader, options.log);
    const prisma = createPrisma(database);
    const books = (await listBooks(prisma, options.log)).filter((each) => options.book === undefined || each.book === options.book);
    if (books.length === 0) throw new CliError("not_found", options.book === undefined ? "There is no book yet." : `There is no book "${options.book}".`);
    const hedges: BookHedge[] = [];
    for (const { log, book } of books) {
      for (let after: number | undefined = 0; after !== undefined; ) {
        const found = await hedgesOf(prisma, { log, book }, { after, limit: page });
        hedges.push(...found.hedges.map((hedge) => ({ log, book, ...hedge })));
        after = found.next;
      }
    }
    print(hedges, options);
  });

const print = (hedges: readonly BookHedge[], { json }: HedgesOptions, past?: readonly Past<unknown>[]): void => {
  if (json === true) printJson({ hedges, ...(past === undefined ? {} : { asOf: asOfField(past) }) });
  else printData(hedges.length === 0 ? "No hedge was decided." : describe(hedges));
};

/** Enough digits to tell the net delta from the band that it left. */
const deltaDigits = ({ band }: BookHedge): number => Math.max(1, 2 - Math.floor(Math.log10(band.upper - band.lower || 1)));
/** Fees in coin are small: as many digits as the amount has, at least two. */
const feeDigits = ({ fees }: BookHedge): number => Math.min(8, Math.max(2, (fees.split(".")[1] ?? "").length));

const describe = (hedges: readonly BookHedge[]): string =>
  table(
    [
      { title: "time (UTC)", value: (hedge: BookHedge) => `${dayOf(hedge.decidedAtUs)} ${timeOfDay(hedge.decidedAtUs)}` },
      { title: "book", value: (hedge) => hedge.book },
      { title: "decision", value: (hedge) => hedge.decisionId },
      { title: "reason", value: (hedge) => hedge.reason },
      { title: "net Δ before", value: (hedge) => signed((hedge.netDelta.low + hedge.netDelta.high) / 2, deltaDigits(hedge)), align: "right" },
      { title: "side", value: (hedge) => hedge.side },
      { title: "contracts", value: (hedge) => hedge.quantity, align: "right" },
      { title: "expected", value: (hedge) => hedge.expectedPrice, align: "right" },
      { title: "filled at", value: (hedge) => hedge.averagePrice ?? "–", align: "right" },
      { title: "fees", value: (hedge) => money(hedge.fees, feeDigits(hedge)), align: "right" },
      { title: "state", value: (hedge) => hedge.state },
    ],
    hedges,
  );
