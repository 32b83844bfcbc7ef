import { type Command, InvalidArgumentError, Option } from "commander";

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
export const allLogs = (): Option => new Option("--log <log>", "one log (default: all)");
export const oneLog = (): Option => new Option("--log <log>", "which log, where several are open");
export const json = (): Option => new Option("--json", "print one JSON document");

/** A database, an archive, or both as one log. */
export const sources = (): readonly Option[] => [
  new Option("--source <where>", "db, archive, or both joined (default: db; both with --archive)").choices(["db", "archive", "both"]),
  new Option("--archive <folder>", "the archive's folder"),
];

/** An empty value is a variable that was not set in somebody's script; taken as a folder it would be the one that they are in. */
export const refuseEmptyValues = (program: Command): void => {
  program.hook("preAction", (_program, command) => {
    for (const option of command.options) {
      if (command.getOptionValue(option.attributeName()) === "") command.error(`error: option '${option.flags}' argument '' is invalid. It must not be empty.`);
    }
  });
};
