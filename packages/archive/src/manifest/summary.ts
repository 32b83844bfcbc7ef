import { createHash } from "node:crypto";
import { decodeJson, type StoredRecord, type TickColumns } from "@finality/contracts";
import { appendLeaves, type Frontier, rootOf } from "@finality/transparency";
import type { Manifest } from "./manifest.ts";

/** What a manifest says of the records themselves: computed alike when a range is sealed and when it is verified. */
type Summary = Omit<Manifest, "format" | "log" | "first" | "last" | "files" | "previous">;

export interface SummaryOfRange {
  add(records: readonly StoredRecord[]): void;
  /** Names of instruments get their places here, in order of first appearance. */
  placeOf(instrument: string): number;
  addTicks(columns: TickColumns): void;
  readonly frontier: () => Frontier;
  summary(): Summary;
}

export type RangeStart = {
  readonly frontier: Frontier;
  /** In force behind the range before. */
  readonly semantics: number | undefined;
};

export const summarise = (start: RangeStart): SummaryOfRange => {
  const logHash = createHash("sha256");
  const [generations, builds, types, instruments] = [new Set<number>(), new Set<string>(), new Map<string, number>(), new Map<string, number>()];
  const semantics: number[] = [];
  let { frontier } = start;
  let [records, ticks, recordedFromUs, recordedToUs] = [0, 0, 0, 0];
  const placeOf = (instrument: string): number => {
    const known = instruments.get(instrument);
    if (known !== undefined) return known;
    instruments.set(instrument, instruments.size);
    return instruments.size - 1;
  };
  const addOne = (record: StoredRecord): void => {
    if (records === 0) {
      recordedFromUs = record.recordedTimeUs;
      if (start.semantics !== undefined && !startsSemantics.has(record.type)) semantics.push(start.semantics);
    }
    records++;
    recordedToUs = record.recordedTimeUs;
    generations.add(record.generation);
    types.set(record.type, (types.get(record.type) ?? 0) + 1);
    logHash.update(record.contentHash);
    const named = semanticsIn(record);
    if (named !== undefined && named !== semantics.at(-1)) semantics.push(named);
    const build = fieldOf(record.provenance, "build");
    if (typeof build === "string") builds.add(build);
  };
  return {
    add: (added) => {
      for (const record of added) addOne(record);
      frontier = appendLeaves(frontier, added.map(({ leafHash }) => leafHash));
    },
    placeOf,
    addTicks: (columns) => {
      ticks += columns.count;
      for (const name of columns.instruments) placeOf(name);
    },
    frontier: () => frontier,
    summary: () => ({
      generations: [...generations],
      records,
      ticks,
      types: Object.fromEntries([...types].sort(([left], [right]) => (left < right ? -1 : 1))),
      instruments: [...instruments.keys()],
      recordedFromUs,
      recordedToUs,
      frontierBefore: start.frontier.roots.map(hex),
      frontierAfter: frontier.roots.map(hex),
      root: rootOf(frontier).toString("hex"),
      logHash: logHash.copy().digest("hex"),
      semantics: [...semantics],
      builds: [...builds],
    }),
  };
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const startsSemantics: ReadonlySet<string> = new Set(["LogOpened", "WriterStarted"]);
const namesSemantics: ReadonlySet<string> = new Set([...startsSemantics, "StateHashed"]);

const semanticsIn = ({ type, payload }: StoredRecord): number | undefined => {
  const semantics = namesSemantics.has(type) ? fieldOf(payload, "semantics") : undefined;
  return typeof semantics === "number" ? semantics : undefined;
};

/** A top-level field of JSON bytes; undefined where they are no JSON object or lack it: bytes that nobody can read are archived too. */
const fieldOf = (bytes: Uint8Array, name: string): unknown => {
  try {
    const value: unknown = decodeJson(bytes);
    return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  } catch {
    return undefined;
  }
};
