import { afterEach, describe, expect, test } from "vitest";
import { loadCopies, loadDataset, type Dataset } from "./dataset.ts";
import { DatasetError } from "./errors.ts";
import { datasetFolder, removeDatasetFolders, smallManifest } from "./testing/dataset-folder.ts";

afterEach(removeDatasetFolders);

const shipped = "spx-2021-01-04";
/** A copy under the names of its original. */
const unnamed = ({ manifest, timeline }: Dataset): unknown => JSON.parse(JSON.stringify({ manifest, timeline }).replaceAll("SPX07-", "").replaceAll("SPX07", "SPX").replaceAll(`${shipped}-07`, shipped));

/** Everything that a log, the venue or an executor knows by name. */
const namesOf = ({ manifest: { dataset, log, instruments, books }, timeline }: Dataset): readonly string[] => [
  dataset,
  log,
  ...instruments.map(({ instrument }) => instrument),
  ...books.flatMap(({ book, account }) => [book, account]),
  ...timeline.flatMap(({ ticks }) => ticks.map(({ instrument }) => instrument)),
  ...timeline.flatMap(({ control }) => control.flatMap(({ body }) => ["haltId" in body ? body.haltId : [], "tradeId" in body ? body.tradeId : []].flat())),
];

describe("a copy of a day", () => {
  const [original, copy, other] = [loadDataset(shipped), loadDataset(shipped, { copy: "07" }), loadDataset(shipped, { copy: "08" })];

  test("says the same of other names: log, index, instruments, books, accounts, ids", () => {
    expect(copy.manifest).toMatchObject({ dataset: "spx-2021-01-04-07", log: "SPX07" });
    expect(copy.timeline[1]?.ticks.slice(0, 2)).toMatchObject([{ kind: "index", instrument: "SPX07" }, { instrument: "SPX07-SPX-FUT" }]);
    const { title, files } = original.manifest;
    expect(unnamed(copy)).toEqual({ manifest: { ...original.manifest, title: `${title} (SPX)`, files }, timeline: original.timeline });
  });

  test("shares no name with its original or with another copy, and keeps their order", () => {
    const sets = [original, copy, other].map((each) => new Set(namesOf(each)));
    expect(new Set(sets.flatMap((set) => [...set])).size).toBe(sets.reduce((sum, { size }) => sum + size, 0));
    const sorted = (dataset: Dataset): readonly string[] => dataset.manifest.instruments.map(({ instrument }) => instrument).toSorted();
    expect(sorted(copy)).toEqual(sorted(original).map((name) => `SPX07-${name}`));
  });

  test("takes the forward's future along", () => {
    const small = smallManifest();
    const folder = datasetFolder({ ...small, instruments: small.instruments.map((each) => (each["kind"] === "option" ? { ...each, forward: { source: "future", instrument: "SPX-FUT" } } : each)) });
    expect(loadDataset(folder, { copy: "A" }).manifest.instruments[1]).toMatchObject({ underlying: "SPXA", forward: { source: "future", instrument: "SPXA-SPX-FUT" } });
  });

  test("is numbered from where one says, behind a mark", () => {
    expect(loadCopies(shipped, { count: 2 }).map(({ manifest }) => manifest.log)).toEqual(["SPX01", "SPX02"]);
    expect(loadCopies(shipped, { count: 2, from: 99, mark: "L" }).map(({ manifest }) => manifest.log)).toEqual(["SPXL99", "SPXL100"]);
  });

  test("is refused under a label that makes no names", () => {
    for (const label of ["", "a b", "123456789"]) expect(() => loadDataset(shipped, { copy: label })).toThrow(DatasetError);
    const small = smallManifest();
    const folder = datasetFolder({ ...small, books: small.books.map((book) => ({ ...book, book: "b".repeat(78) })) });
    expect(() => loadDataset(folder, { copy: "01" })).toThrow("/books/0/book");
  });
});
