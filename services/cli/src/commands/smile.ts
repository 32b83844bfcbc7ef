import { exp, fitSvi, jumpWingsOfRaw, type SviFit } from "@finality/pricing";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { printData, printJson } from "../output.ts";
import { figure } from "../pricing/greek-lines.ts";
import { inCoin, yearsOf, type TermsOptions } from "../pricing/option-terms.ts";
import { parityOf, parseSmile, quotesOf, readText, type SmileFile } from "../pricing/smile-quotes.ts";
import { smilePicture } from "../pricing/smile-picture.ts";

type SmileOptions = Pick<TermsOptions, "years" | "days" | "expires" | "at" | "rate" | "forward" | "coin" | "json">;

type Forward = { readonly forward: number; readonly discount: number; readonly from: string };

const forwardOf = (file: SmileFile, options: SmileOptions, yearsToExpiry: number): Forward => {
  const discount = exp(-options.rate * yearsToExpiry);
  if (options.forward !== undefined && !(options.forward > 0)) throw new CliError("validation", `--forward must be > 0, got ${String(options.forward)}.`);
  if (options.forward !== undefined) return { forward: options.forward, discount, from: "given" };
  if (file.kind === "vols") throw new CliError("usage", "--forward is missing: vols alone do not say where it lies.");
  const estimate = parityOf(file, options.coin === true);
  if (estimate.kind !== "forward") throw new CliError("validation", `The forward cannot be taken from put–call parity: ${estimate.kind.replaceAll("_", " ")}; give it as --forward.`);
  return { forward: estimate.forward, discount: estimate.discount, from: `put–call parity of ${String(estimate.used.length)} strikes, ± ${figure(estimate.standardError)}` };
};

const signed = (volPoints: number): string => `${volPoints < 0 ? "−" : "+"}${Math.abs(volPoints).toFixed(3)}`;

type Fitted = { readonly fit: Extract<SviFit, { kind: "fitted" }>; readonly forward: number; readonly yearsToExpiry: number; readonly strikeAt: (index: number) => string };

const fitLines = ({ fit, forward, yearsToExpiry, strikeAt }: Fitted): readonly string[] => {
  const { svi, error, repairs } = fit;
  const wings = jumpWingsOfRaw(svi, yearsToExpiry);
  const named = (values: object): string => Object.entries(values).map(([name, value]) => `${name} ${figure(Number(value))}`).join("   ");
  return [
    `raw SVI      ${named(svi)}`,
    `jump-wings   ${named(wings)}`,
    `at the money ${figure(Math.sqrt(wings.atmVariance) * 100)} %`,
    `error        rms ${error.rmsVolPoints.toFixed(3)} vol points, ${error.rmsWidths.toFixed(3)} bid–ask widths; worst ${error.maxWidths.toFixed(2)} widths (${signed(error.worst.errorVolPoints)} vol points) at strike ${strikeAt(error.worst.index)}`,
    `quotes       ${String(error.quotesUsed)} used, ${String(error.quotesLeftOut)} left out, ${String(error.quotesWithinBidAsk)} with the fit between bid and ask`,
    ...(repairs.length === 0 ? [] : [`repaired     the best fit allowed arbitrage (${repairs.map(({ condition, logMoneyness }) => `${condition} at strike ${figure(forward * exp(logMoneyness))}`).join(", ")}), this one does not`]),
  ];
};

/** Fits a smile to the quotes of a file. Exit code 5 when they give none. */
export const runSmile = (path: string, options: SmileOptions): ExitCode => {
  const coin = inCoin(options);
  const yearsToExpiry = yearsOf(options);
  const file = parseSmile(path, readText(path));
  const { forward, discount, from } = forwardOf(file, options, yearsToExpiry);
  const quotes = quotesOf(file, { forward, yearsToExpiry, discount, coin });
  const fit = fitSvi({ quotes, yearsToExpiry });
  if (options.json === true) printJson({ forward, forwardFrom: from, yearsToExpiry, fit, ...(fit.kind === "fitted" ? { jumpWings: jumpWingsOfRaw(fit.svi, yearsToExpiry) } : {}), quotes });
  else if (fit.kind === "refused") printData(`No smile: ${fit.reason.replaceAll("_", " ")}${fit.reason === "too_few_quotes" ? ` (${String(fit.placesUsable)} usable strikes, 5 are needed)` : ""}.`);
  else {
    const strikeAt = (index: number): string => figure(quotes[index]?.strike ?? NaN);
    printData([`forward ${figure(forward)} (${from}), ${figure(yearsToExpiry * 365)} days`, "", smilePicture({ svi: fit.svi, yearsToExpiry, quotes }), "", ...fitLines({ fit, forward, yearsToExpiry, strikeAt })].join("\n"));
  }
  return fit.kind === "fitted" ? exitCodes.ok : exitCodes.validation;
};
