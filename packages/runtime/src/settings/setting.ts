/** One thing that can be set. `Value` is `undefined` too where nothing need be set. */
export type Setting<Value> = {
  /** Environment variable. */
  readonly env: string;
  /** Its place in the configuration file: `kafka.brokers` is `brokers` under `kafka`. */
  readonly key: string;
  /** What it is and its unit, in one sentence, for the documentation. */
  readonly says: string;
  /** What holds when nothing is set, as text; absent: nothing, or it is required. */
  readonly fallback?: string;
  readonly required: boolean;
  /** Never shown; may also come from the file that `<env>_FILE` names. */
  readonly secret: boolean;
  /** Undefined: nothing was set. Throws an `Error` that says what it must be. */
  readonly parse: (text: string | undefined) => Value;
};

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type Values<Defined extends Settings> = { readonly [Name in keyof Defined]: ReturnType<Defined[Name]["parse"]> };

type Parse<Value> = (text: string) => Value;
type About = { readonly env: string; readonly key: string; readonly says: string; readonly secret?: true };

export const required = <Value>(about: About, parse: Parse<Value>): Setting<Value> => ({
  ...about,
  required: true,
  secret: about.secret === true,
  parse: (text) => {
    if (text === undefined) throw new Error("is missing");
    return parse(text);
  },
});

export const optional = <Value>(about: About, parse: Parse<Value>): Setting<Value | undefined> => ({
  ...about,
  required: false,
  secret: about.secret === true,
  parse: (text) => (text === undefined ? undefined : parse(text)),
});

export const withDefault = <Value>(about: About, fallback: string, parse: Parse<Value>): Setting<Value> => ({
  ...about,
  fallback,
  required: false,
  secret: about.secret === true,
  parse: (text) => parse(text ?? fallback),
});

export const text: Parse<string> = (given) => given;

export const oneOf =
  <const Choice extends string>(...choices: readonly Choice[]): Parse<Choice> =>
  (given) => {
    const choice = choices.find((each) => each === given);
    if (choice === undefined) throw new Error(`must be one of ${choices.join(", ")}`);
    return choice;
  };

export const flag: Parse<boolean> = (given) => oneOf("true", "false")(given) === "true";

export const integer =
  (least: number, most: number): Parse<number> =>
  (given) => {
    const number = /^\d{1,12}$/.test(given) ? Number(given) : Number.NaN;
    if (!(number >= least && number <= most)) throw new Error(`must be a whole number from ${String(least)} to ${String(most)}`);
    return number;
  };

/** 0 takes any free port. */
export const port: Parse<number> = integer(0, 65_535);

export const urlOf =
  (...protocols: readonly string[]): Parse<string> =>
  (given) => {
    const parsed = URL.canParse(given) ? new URL(given) : undefined;
    if (parsed === undefined || !protocols.includes(parsed.protocol)) throw new Error(`must be a URL that begins with ${protocols.map((each) => `${each}//`).join(" or ")}`);
    return given;
  };

/** `host:port,host:port`. */
export const hostList: Parse<readonly string[]> = (given) => {
  const hosts = given.split(",").map((each) => each.trim());
  const bad = hosts.find((each) => !/^[A-Za-z0-9._-]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(each));
  if (bad !== undefined) throw new Error(`must be host:port,host:port …; "${bad}" is not`);
  return hosts;
};
