import { InvalidArgumentError, Option } from "commander";

// Options and their parsers that several commands have.

export const speed = (text: string): number | "max" => {
  if (text === "max") return "max";
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError("It must be max, or how many recorded seconds pass in one second, such as 60.");
  return number;
};

export const wholeNumber = ({ from, to }: { readonly from: number; readonly to: number }) => (text: string): number => {
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < from || number > to) throw new InvalidArgumentError(`It must be a whole number from ${String(from)} to ${String(to)}.`);
  return number;
};

export const data = (): Option => new Option("--data <folder>", "data folder (default: the one used last)");
export const json = (): Option => new Option("--json", "print one JSON document");
