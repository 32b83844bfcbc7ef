import { createPrisma } from "@finality/database";
import { smilesOf, type SmileRow } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { dayOf, printData, printJson, table, timeOfDay } from "../output.ts";
import { figure } from "../pricing/greek-lines.ts";
import { asOfField, refuseVenueTime, requireAsOf, withPast, type AsOfOptions, type Past } from "./as-of.ts";
import { logsOf, withData } from "./with-data.ts";

const at = (timeUs: number): string => `${dayOf(timeUs)} ${timeOfDay(timeUs)} UTC`;

const fitted = ({ fitted: smile, refused }: SmileRow): string => {
  const none = refused === null ? "no smile yet" : `no smile: ${refused.replaceAll("_", " ")}`;
  if (smile === null) return none;
  const { svi, forward, timeUs, quotesUsed, rmsVolPoints, rmsWidths } = smile;
  const parameters = Object.entries(svi).map(([name, value]) => `${name} ${figure(value)}`).join("  ");
  return [
    `smile of ${at(timeUs)}, forward ${figure(forward)}: ${parameters}`,
    `${String(quotesUsed)} quotes, error rms ${rmsVolPoints.toFixed(3)} vol points, ${rmsWidths.toFixed(3)} bid–ask widths${refused === null ? "" : `; since then ${none}`}`,
  ].join("\n");
};

const describe = (row: SmileRow): string => {
  const strikes = table(
    [
      { title: "strike", value: (each: SmileRow["strikes"][number]) => figure(each.strike), align: "right" },
      { title: "vol", value: ({ vol }) => `${figure(vol * 100)} %`, align: "right" },
      { title: "known", value: ({ volTimeUs }) => at(volTimeUs) },
      { title: "from", value: ({ volSource }) => volSource ?? "" },
    ],
    row.strikes,
  );
  return [`${row.log}, expiry ${at(row.expiryUs)}`, fitted(row), ...(row.strikes.length === 0 ? [] : [strikes])].join("\n");
};

/** Implied vols and the fitted smile of each expiry that books hold, or held. */
export const runSurface = async (config: Config, options: AsOfOptions): Promise<void> => {
  refuseVenueTime(options, "Vols");
  requireAsOf(options);
  if (options.asOf === undefined) await runNow(config, options);
  else await withPast(config, options, (past) => { print(past.flatMap(({ rows }) => [...rows.smiles].sort(earlier)), options, past); });
};

const earlier = (a: SmileRow, b: SmileRow): number => a.expiryUs - b.expiryUs || (a.key < b.key ? -1 : 1);

const runNow = (config: Config, options: AsOfOptions): Promise<void> =>
  withData(config, options, async ({ database }, reader) => {
    if (options.log !== undefined) await logsOf(reader, options.log);
    print(await smilesOf(createPrisma(database), options.log), options);
  });

const print = (expiries: readonly SmileRow[], { json }: AsOfOptions, past?: readonly Past<unknown>[]): void => {
  const places = past?.map(({ asOf }) => `${asOf.log} at position ${String(asOf.position)}`).join(", ");
  if (expiries.length === 0) throw new CliError("not_found", places === undefined ? "No book holds an option yet." : `No book held an option in ${places}.`);
  if (json === true) printJson({ expiries, ...(past === undefined ? {} : { asOf: asOfField(past) }) });
  else printData(expiries.map(describe).join("\n\n"));
};
