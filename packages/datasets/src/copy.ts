import { DatasetError } from "./errors.ts";
import type { DataFile, DatasetManifest, ManifestInstrument } from "./manifest.ts";

const labelPattern = /^[A-Za-z0-9]{1,8}$/;

/**
 * The same day as another underlying: the log and the index are named `<log><label>`, the dataset `<dataset>-<label>`, and every instrument,
 * book and account stands behind the log's name, which keeps their order, so that the copies' logs differ in names alone. What is derived
 * from names (ids of trades and halts) follows. Throws `DatasetError` "manifest" for a label that is not 1 … 8 letters and digits.
 */
export const copyOfManifest = (manifest: DatasetManifest, label: string): DatasetManifest => {
  if (!labelPattern.test(label)) throw new DatasetError("manifest", `A copy of ${manifest.dataset} is told apart by 1 to 8 letters and digits, but the label is "${label}".`);
  const log = `${manifest.log}${label}`;
  const own = (name: string): string => `${log}-${name}`;
  const instrument = <Named extends { readonly instrument: string }>(named: Named): Named => ({ ...named, instrument: own(named.instrument) });
  return {
    ...manifest,
    dataset: `${manifest.dataset}-${label}`,
    title: `${manifest.title} (${log})`,
    log,
    instruments: manifest.instruments.map((each) => listedAs(each, log, own)),
    files: manifest.files.map((file): DataFile => (file.kind === "index" ? { ...file, instrument: `${file.instrument}${label}` } : instrument(file))),
    modelledQuotes: manifest.modelledQuotes.map(instrument),
    settlements: manifest.settlements.map(instrument),
    books: manifest.books.map((book) => ({
      ...book,
      book: own(book.book),
      account: own(book.account),
      hedgeInstrument: own(book.hedgeInstrument),
      openingTrades: book.openingTrades.map(instrument),
    })),
  };
};

const listedAs = (instrument: ManifestInstrument, underlying: string, own: (name: string) => string): ManifestInstrument => {
  const named = { ...instrument, instrument: own(instrument.instrument), underlying };
  if (named.kind !== "option" || named.forward.source !== "future") return named;
  return { ...named, forward: { ...named.forward, instrument: own(named.forward.instrument) } };
};
