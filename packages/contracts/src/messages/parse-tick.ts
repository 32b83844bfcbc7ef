import { Compile } from "typebox/compile";
import { isNotNegative, isPositive, significantDigits, significantDigitsMax } from "../decimals/decimal-text.ts";
import { describeValue } from "../json/describe-value.ts";
import { explainMismatch } from "../json/explain-mismatch.ts";
import { Tick } from "./bodies.ts";
import type { DeadLetterReason, Refused } from "./dead-letter-reason.ts";

export type ParsedTick = { readonly ok: true; readonly tick: Tick } | Refused;

const validator = Compile(Tick);

const prices = ["bid", "ask", "price"] as const;
const others = ["bidSize", "askSize", "size", "vol"] as const;
type DecimalField = (typeof prices)[number] | (typeof others)[number];

/**
 * One tick of a `ticks` message; `index` is its place there, for the sentence. Prices must be > 0, sizes and vols >= 0, all of at most
 * 15 significant digits; a quote has at least one side. Whether the instrument is known and the time plausible is the log's to judge.
 */
export const parseTick = (value: unknown, index: number): ParsedTick => {
  if (!validator.Check(value)) return refused("schema", index, explainMismatch(Tick, value));
  if (value.kind === "quote" && value.bid === undefined && value.ask === undefined) {
    return refused("schema", index, "a quote must have a bid, an ask or both, but has neither.");
  }
  // The union's members have different fields; here they are read by name, all of them decimal strings or absent.
  const decimals: Readonly<Partial<Record<DecimalField, string>>> = value;
  for (const field of prices) {
    const decimal = decimals[field];
    if (decimal !== undefined && !isPositive(decimal)) return refused("not_positive", index, `/${field} must be > 0, but is ${describeValue(decimal)}.`);
  }
  for (const field of others) {
    const decimal = decimals[field];
    if (decimal !== undefined && !isNotNegative(decimal)) return refused("not_positive", index, `/${field} must be >= 0, but is ${describeValue(decimal)}.`);
  }
  for (const field of [...prices, ...others]) {
    const digits = significantDigits(decimals[field] ?? "");
    if (digits > significantDigitsMax) {
      return refused("too_many_digits", index, `/${field} has ${String(digits)} significant digits, at most ${String(significantDigitsMax)} are exact: ${describeValue(decimals[field])}.`);
    }
  }
  return { ok: true, tick: value };
};

const refused = (reason: DeadLetterReason, index: number, sentence: string): Refused => ({ ok: false, reason, detail: `Tick ${String(index)}: ${sentence}` });
