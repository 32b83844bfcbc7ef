import { createPrisma } from "@finality/database";
import { smilesOf, type SmileRow } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { dayOf, printData, printJson, table, timeOfDay } from "../output.ts";
import { figure } from "../pricing/greek-lines.ts";
import { withData, type DataOptions } from "./with-data.ts";

type SurfaceOptions = DataOptions & { readonly json?: true };

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

/** Implied vols and the fitted smile of each expiry that books hold. */
export const runSurface = (config: Config, options: SurfaceOptions): Promise<void> =>
  withData(config, options, async ({ database }) => {
    const smiles = await smilesOf(createPrisma(database));
    if (smiles.length === 0) throw new CliError("not_found", "No book holds an option yet.");
    if (options.json === true) printJson({ expiries: smiles });
    else printData(smiles.map(describe).join("\n\n"));
  });
