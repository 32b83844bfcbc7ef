import { InvalidArgumentError, Option, type Command } from "commander";
import { expiryInstantUs, parseDeribitInstrument } from "@finality/calendars";
import { yearsToExpiry } from "@finality/domain";
import { CliError } from "../exit-codes.ts";

/** A number as people type it: 0.25, 1e-3, or 25% for 0.25. */
export const numberArgument = (text: string): number => {
  const percent = text.endsWith("%");
  const digits = percent ? text.slice(0, -1) : text;
  const number = Number(digits);
  if (digits.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("It must be a number such as 0.25 or 25%.");
  return percent ? number / 100 : number;
};

const instant = (text: string): number => {
  const milliseconds = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError("It must be an instant with its offset, such as 2027-06-25T08:00Z.");
  return milliseconds * 1000;
};

/** What the command line says about one option. */
export type TermsOptions = {
  readonly instrument?: string;
  readonly forward?: number;
  readonly spot?: number;
  readonly strike?: number;
  readonly years?: number;
  readonly days?: number;
  readonly expires?: number;
  readonly at?: number;
  readonly rate: number;
  readonly yield?: number;
  readonly american?: true;
  readonly coin?: true;
  readonly json?: true;
};

/** One option, complete: what every pricing command starts from. */
export type OptionTerms = {
  readonly putCall: "put" | "call";
  readonly strike: number;
  readonly yearsToExpiry: number;
  readonly rate: number;
  /** Black-76 on a forward, or Black–Scholes–Merton on a spot with a yield. */
  readonly underlying: { readonly kind: "forward"; readonly price: number } | { readonly kind: "spot"; readonly price: number; readonly yield: number };
  readonly american: boolean;
  /** Prices are in coin: an inverse option. */
  readonly coin: boolean;
};

/** The options that every pricing command has. */
export const addTimeOptions = (command: Command): Command =>
  command
    .addOption(new Option("--years <number>", "years to expiry (365 days each)").argParser(numberArgument))
    .addOption(new Option("--days <number>", "days to expiry").argParser(numberArgument))
    .addOption(new Option("--expires <instant>", "expiry, such as 2027-06-25T08:00Z").argParser(instant))
    .addOption(new Option("--at <instant>", "with --expires or --instrument: valued at this instant (default: now)").argParser(instant))
    .addOption(new Option("--rate <number>", "continuous interest rate per year").argParser(numberArgument).default(0));

export const addTermsOptions = (command: Command): Command =>
  addTimeOptions(
    command
      .addOption(new Option("--instrument <name>", "a Deribit option, such as BTC-25JUN27-60000-C: strike, expiry, put or call and settlement"))
      .addOption(new Option("--forward <price>", "forward of the expiry: Black-76").argParser(numberArgument))
      .addOption(new Option("--spot <price>", "spot price: Black–Scholes–Merton").argParser(numberArgument))
      .addOption(new Option("--strike <price>", "strike").argParser(numberArgument)),
  )
    .addOption(new Option("--yield <number>", "with --spot: continuous dividend or foreign yield per year").argParser(numberArgument))
    .option("--american", "with --spot: may be exercised early")
    .option("--coin", "with --forward: coin-settled (inverse), prices are in coin");

const exactlyOne = (what: string, given: readonly (readonly [name: string, value: unknown])[]): void => {
  const named = given.filter(([, value]) => value !== undefined).map(([name]) => name);
  if (named.length === 1) return;
  const all = given.map(([name]) => name).join(", ");
  throw new CliError("usage", named.length === 0 ? `${what} is missing: give one of ${all}.` : `${what} is given twice: ${named.join(" and ")}.`);
};

/** Years to expiry from whichever of the four ways was used. */
export const yearsOf = (options: Pick<TermsOptions, "years" | "days" | "expires" | "at">, listedExpiryUs?: number): number => {
  exactlyOne("Time to expiry", [["--years", options.years], ["--days", options.days], ["--expires", options.expires], ["--instrument", listedExpiryUs]]);
  if (options.at !== undefined && (options.years !== undefined || options.days !== undefined)) throw new CliError("usage", "--at goes with --expires or --instrument: --years and --days already count from it.");
  if (options.years !== undefined) return options.years;
  if (options.days !== undefined) return options.days / 365;
  const expiryUs = options.expires ?? listedExpiryUs ?? NaN;
  const atUs = options.at ?? Date.now() * 1000;
  if (atUs > expiryUs) throw new CliError("validation", `The option expired at ${new Date(expiryUs / 1000).toISOString()}, before the instant that it is valued at; --at names another one.`);
  return yearsToExpiry(atUs, expiryUs);
};

const listed = (name: string) => {
  const instrument = parseDeribitInstrument(name);
  if (instrument.kind !== "option") throw new CliError("validation", `${name} is no option.`);
  return instrument;
};

const underlyingOf = (options: TermsOptions): OptionTerms["underlying"] => {
  exactlyOne("The underlying's price", [["--forward", options.forward], ["--spot", options.spot]]);
  if (options.forward !== undefined) {
    if (options.yield !== undefined) throw new CliError("usage", "--yield goes with --spot: a forward has its yield in it.");
    if (options.american === true) throw new CliError("usage", "--american goes with --spot; for an option on a future give its price as --spot and --yield equal to --rate.");
    return { kind: "forward", price: options.forward };
  }
  if (options.coin === true) throw new CliError("usage", "--coin goes with --forward.");
  return { kind: "spot", price: options.spot ?? NaN, yield: options.yield ?? 0 };
};

/** Prices are in coin. They are not discounted, as their venues do not: a rate that nothing used would be a wrong answer. */
export const inCoin = (options: Pick<TermsOptions, "coin" | "rate">, settlement?: "inverse" | "linear"): boolean => {
  if (settlement === "linear" && options.coin === true) throw new CliError("usage", "--coin contradicts --instrument: that one settles in its quote currency.");
  const coin = options.coin === true || settlement === "inverse";
  if (coin && options.rate !== 0) throw new CliError("usage", "A coin-settled option is priced at rate 0, as its venues do: leave --rate out.");
  return coin;
};

/** The option that the command line describes. Throws CliError for what is missing or contradicts itself. */
export const termsOf = (putCall: string | undefined, options: TermsOptions): OptionTerms => {
  const named = options.instrument === undefined ? undefined : listed(options.instrument);
  if (named !== undefined && (putCall !== undefined || options.strike !== undefined)) throw new CliError("usage", "--instrument says whether it is a put or a call, and the strike: leave them out.");
  const side = named?.putCall ?? putCall;
  if (side !== "put" && side !== "call") throw new CliError("usage", `Say "put" or "call"${putCall === undefined ? ", or name an --instrument" : `, not "${putCall}"`}.`);
  const strike = named?.strike ?? options.strike;
  if (strike === undefined) throw new CliError("usage", "--strike is missing.");
  const underlying = underlyingOf(options);
  if (named?.settlement === "inverse" && underlying.kind === "spot") throw new CliError("usage", "A coin-settled option is priced on the forward of its expiry: give --forward, not --spot.");
  return {
    putCall: side,
    strike,
    yearsToExpiry: yearsOf(options, named === undefined ? undefined : expiryInstantUs("deribit", named.expiryDate)),
    rate: options.rate,
    underlying,
    american: options.american === true,
    coin: inCoin(options, named?.settlement),
  };
};
