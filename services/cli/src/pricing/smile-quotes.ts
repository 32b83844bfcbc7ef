import { readFileSync } from "node:fs";
import { forwardFromParity, impliedVolInterval, type ForwardEstimate, type SmileQuote } from "@finality/pricing";
import { CliError } from "../exit-codes.ts";

/** One line of a smile's file: a strike with bid and ask of one option, or with bid and ask vol. */
type Line = { readonly strike: number; readonly type: "call" | "put" | undefined; readonly bid: number; readonly ask: number };

export type SmileFile = { readonly kind: "prices" | "vols"; readonly lines: readonly Line[] };

const wrong = (source: string, message: string): CliError => new CliError("validation", `${source}: ${message}`);

const numberOf = (source: string, line: number, name: string, text: string | undefined): number => {
  const trimmed = (text ?? "").trim();
  // An empty field is a side without an order.
  if (trimmed === "") return 0;
  const value = Number(trimmed);
  if (!Number.isFinite(value)) throw wrong(source, `line ${String(line)}: ${name} must be a number, got "${trimmed}".`);
  if (value < 0) throw wrong(source, `line ${String(line)}: ${name} must be >= 0, got "${trimmed}".`);
  return value;
};

const typeOf = (source: string, line: number, text: string | undefined): "call" | "put" => {
  const first = (text ?? "").trim().toLowerCase();
  if (first === "c" || first === "call") return "call";
  if (first === "p" || first === "put") return "put";
  throw wrong(source, `line ${String(line)}: type must be call or put, got "${text ?? ""}".`);
};

/** Reads CSV with a header: `strike,type,bid,ask` (prices) or `strike,bid_vol,ask_vol`. `source` names it in errors. */
export const parseSmile = (source: string, text: string): SmileFile => {
  const [header = "", ...rows] = text.trim().split(/\r?\n/);
  const names = header.split(",").map((name) => name.trim().toLowerCase());
  const kind = names.includes("bid_vol") && names.includes("ask_vol") ? "vols" : "prices";
  const wanted = kind === "vols" ? ["strike", "bid_vol", "ask_vol"] : ["strike", "type", "bid", "ask"];
  for (const name of wanted) if (!names.includes(name)) throw wrong(source, `the header must be strike,type,bid,ask or strike,bid_vol,ask_vol, got "${header}".`);
  const seen = new Map<string, number>();
  const lines = rows.flatMap((row, index): readonly Line[] => {
    if (row.trim() === "") return [];
    const cells = row.split(",");
    const cell = (name: string): string | undefined => cells[names.indexOf(name)];
    const line = index + 2;
    if (cells.length !== names.length) throw wrong(source, `line ${String(line)}: it must have ${String(names.length)} fields, as the header does, got ${String(cells.length)}.`);
    const strike = numberOf(source, line, "strike", cell("strike"));
    if (!(strike > 0)) throw wrong(source, `line ${String(line)}: strike must be > 0, got "${cell("strike") ?? ""}".`);
    const [bid, ask] = kind === "vols" ? ["bid_vol", "ask_vol"] : ["bid", "ask"];
    const type = kind === "vols" ? undefined : typeOf(source, line, cell("type"));
    const option = `${String(strike)} ${type ?? ""}`.trim();
    const before = seen.get(option);
    if (before !== undefined) throw wrong(source, `line ${String(line)}: ${option} stands in line ${String(before)} already.`);
    seen.set(option, line);
    return [{ strike, type, bid: numberOf(source, line, bid ?? "", cell(bid ?? "")), ask: numberOf(source, line, ask ?? "", cell(ask ?? "")) }];
  });
  return { kind, lines };
};

/** The text of a file, or of standard input for "-". Throws CliError `not_found`. */
export const readText = (path: string): string => {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new CliError("not_found", `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
};

/** Forward by put–call parity of the file's calls and puts. */
export const parityOf = ({ lines }: SmileFile, coin: boolean): ForwardEstimate => {
  const strikes = [...new Set(lines.map(({ strike }) => strike))];
  const pairs = strikes.flatMap((strike) => {
    const call = lines.find((line) => line.strike === strike && line.type === "call");
    const put = lines.find((line) => line.strike === strike && line.type === "put");
    return call === undefined || put === undefined ? [] : [{ strike, callBid: call.bid, callAsk: call.ask, putBid: put.bid, putAsk: put.ask }];
  });
  return forwardFromParity({ pairs, settlement: coin ? "coin" : "quote", ...(coin ? { discount: 1 } : {}) });
};

type PricedIn = { readonly forward: number; readonly yearsToExpiry: number; readonly discount: number; readonly coin: boolean };

/** Bid and ask vols of the out-of-the-money options, by rising strike; a side without a vol leaves its quote unusable, not out. */
export const quotesOf = ({ kind, lines }: SmileFile, { forward, yearsToExpiry, discount, coin }: PricedIn): readonly (SmileQuote & { readonly strike: number })[] => {
  const unit = coin ? forward : 1 / discount;
  return lines
    .filter(({ strike, type }) => kind === "vols" || type === (strike >= forward ? "call" : "put"))
    .toSorted((low, high) => low.strike - high.strike)
    .map(({ strike, type, bid, ask }) => {
      const logMoneyness = Math.log(strike / forward);
      if (kind === "vols") return { strike, logMoneyness, bidVol: bid, askVol: ask };
      const vols = impliedVolInterval({ forward, strike, yearsToExpiry, putCall: type ?? "call", ...(bid > 0 ? { bid: bid * unit } : {}), ...(ask > 0 ? { ask: ask * unit } : {}) });
      return vols.kind === "interval" ? { strike, logMoneyness, bidVol: vols.low.vol, askVol: vols.high.vol } : { strike, logMoneyness, bidVol: NaN, askVol: NaN };
    });
};
