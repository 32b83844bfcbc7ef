import { DatasetError } from "./errors.ts";
import type { DatasetManifest } from "./manifest.ts";
import { instantUsOf } from "./read-manifest.ts";

/** What the schema cannot say: every name means something, once, and the day's instants follow each other. Throws `DatasetError`. */
export const checkManifest = (manifest: DatasetManifest): void => {
  checkReferences(manifest);
  checkOnce("instruments", manifest.instruments.map(({ instrument }) => instrument));
  checkOnce("books", manifest.books.map(({ book }) => book));
  checkTimes(manifest);
};

const checkReferences = (manifest: DatasetManifest): void => {
  const listed = new Map(manifest.instruments.map((each) => [each.instrument, each]));
  const known = (instrument: string, where: string): void => {
    if (!listed.has(instrument)) throw new DatasetError("reference", `${where} names the instrument ${instrument}, which the manifest does not list.`);
  };
  for (const each of manifest.instruments) {
    if (each.underlying !== manifest.log) throw new DatasetError("reference", `Instrument ${each.instrument} has the underlying ${each.underlying}; this dataset is the log ${manifest.log}.`);
    if (each.kind === "option" && each.forward.source === "future") known(each.forward.instrument, `Instrument ${each.instrument}`);
  }
  for (const model of manifest.modelledQuotes) known(model.instrument, "modelledQuotes");
  for (const settlement of manifest.settlements) known(settlement.instrument, "settlements");
  for (const book of manifest.books) {
    known(book.hedgeInstrument, `Book ${book.book}`);
    if (listed.get(book.hedgeInstrument)?.kind === "option") throw new DatasetError("reference", `Book ${book.book} hedges with ${book.hedgeInstrument}, which is an option.`);
    for (const trade of book.openingTrades) known(trade.instrument, `Book ${book.book}`);
  }
};

const checkOnce = (where: string, names: readonly string[]): void => {
  const again = names.find((name, index) => names.indexOf(name) !== index);
  if (again !== undefined) throw new DatasetError("reference", `${where} has ${again} twice.`);
};

/** Ticks before the log is open would wait for its opening, and the feed, which has it behind them, for the ticks to be recorded. */
const checkTimes = ({ opening, session, books }: DatasetManifest): void => {
  const inOrder: readonly (readonly [name: string, iso: string])[] = [
    ["opening.startsAt", opening.startsAt],
    ["session.opensAt", session.opensAt],
    ["session.tradingEndsAt", session.tradingEndsAt],
    ["session.closesAt", session.closesAt],
  ];
  for (const [index, [name, iso]] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before !== undefined && instantUsOf(iso) <= instantUsOf(before[1])) throw new DatasetError("manifest", `${name} must be after ${before[0]} ${before[1]}, but is ${iso}.`);
  }
  for (const { book, openingTrades } of books) {
    const early = openingTrades.find(({ at }) => instantUsOf(at) < instantUsOf(opening.startsAt));
    if (early !== undefined) throw new DatasetError("manifest", `Book ${book} trades ${early.instrument} at ${early.at}, before opening.startsAt ${opening.startsAt}.`);
  }
};
