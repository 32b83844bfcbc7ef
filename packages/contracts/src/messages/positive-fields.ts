import { isNotNegative, isPositive } from "../decimals/decimal-text.ts";
import { describeValue } from "../json/describe-value.ts";
import type { BookLimits } from "../reference-data/book.ts";
import type { Instrument } from "../reference-data/instrument.ts";
import type { Message } from "./message.ts";

type Field = readonly [pointer: string, decimal: string];

/** The first amount of a message of valid shape that must be greater than zero (or must not be negative) and is not, as a sentence. */
export const firstNotPositive = (message: Message): string | undefined => {
  const field = positiveFields(message).find(([, decimal]) => !isPositive(decimal));
  if (field !== undefined) return `${field[0]} must be > 0, but is ${describeValue(field[1])}.`;
  if (message.type !== "order_report" || isNotNegative(message.body.cumulativeQuantity)) return undefined;
  return `/body/cumulativeQuantity must be >= 0, but is ${describeValue(message.body.cumulativeQuantity)}.`;
};

const positiveFields = (message: Message): readonly Field[] => {
  switch (message.type) {
    case "fill":
      return named("/body", { quantity: message.body.quantity, price: message.body.price, cumulativeQuantity: message.body.cumulativeQuantity });
    case "book_trade":
      return named("/body", { quantity: message.body.quantity, price: message.body.price });
    case "settlement_price":
      return named("/body", { price: message.body.price });
    case "list_instrument":
      return instrumentFields(message.body.instrument);
    case "open_book":
    case "set_limits":
      return limitFields(message.body.limits);
    default:
      return [];
  }
};

const instrumentFields = (instrument: Instrument): readonly Field[] => {
  const { multiplier, tickSize, lotSize } = instrument;
  return named("/body/instrument", { multiplier, tickSize, lotSize, ...(instrument.kind === "option" ? { strike: instrument.strike } : {}) });
};

const limitFields = ({ maxOrderQuantity, maxHedgePosition }: BookLimits): readonly Field[] =>
  named("/body/limits", { maxOrderQuantity, maxHedgePosition });

const named = (pointer: string, decimals: Readonly<Record<string, string>>): readonly Field[] =>
  Object.entries(decimals).map(([name, decimal]) => [`${pointer}/${name}`, decimal]);
