import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, columnsOf, encodeTicks, type RecordContent, type StoredRecord, type Tick } from "@finality/contracts";
import { seededRandom, type SeededRandom } from "@finality/testkit";
import { contentHash, leafHash, provenanceHash } from "@finality/transparency";

const golden = join(import.meta.dirname, "../../../contracts/src/records/golden");

export type Content = Pick<RecordContent, "type" | "version" | "payload">;

/** Every record type in every version ever written. */
export const goldenContents = (): readonly Content[] =>
  readdirSync(golden)
    .filter((file) => file !== "schemas.json")
    .sort()
    .map((file) => {
      const { type, version, payloadHex } = JSON.parse(readFileSync(join(golden, file), "utf8")) as { readonly type: string; readonly version: number; readonly payloadHex: string };
      return { type, version, payload: Buffer.from(payloadHex, "hex") };
    });

const startUs = 1_609_770_840_000_000;
const instruments = ["SPX", "SPX-FUT", ...Array.from({ length: 40 }, (_, strike) => `SPXW-2021-01-06-${String(3_600 + 5 * strike)}-C`)];

const decimal = (random: SeededRandom): string => String(random.integer(1, 9_999_999) / 10 ** random.integer(0, 4));
const maybe = (random: SeededRandom, fields: object): object => (random.next() < 0.6 ? fields : {});

const randomTick = (random: SeededRandom, nowUs: number): Tick => {
  const common = { instrument: random.pick(instruments), venueTimeUs: nowUs + random.integer(-2_000_000, 0), ...maybe(random, { receiveTimeUs: nowUs }) };
  switch (random.integer(0, 3)) {
    case 0:
      return { kind: "trade", ...common, price: decimal(random), size: decimal(random) };
    case 1:
      return { kind: "index", ...common, price: decimal(random) };
    case 2:
      return { kind: "mark", ...common, price: decimal(random), ...maybe(random, { vol: decimal(random) }) };
    default: {
      const [bid, ask] = [{ bid: decimal(random), ...maybe(random, { bidSize: "0" }) }, { ask: decimal(random), ...maybe(random, { askSize: decimal(random) }) }];
      return { kind: "quote", ...common, ...random.pick([bid, ask, { ...bid, ...ask }]) };
    }
  }
};

/** A record of ticks of all kinds with every absence there is. */
export const ticksContent = (random: SeededRandom, count: number, nowUs: number): Content => {
  const ticks = Array.from({ length: count }, () => randomTick(random, nowUs));
  return { type: "TicksRecorded", version: 1, payload: encodeTicks(columnsOf(ticks, ticks.map(() => random.integer(0, 15)))) };
};

export type Place = Pick<StoredRecord, "log" | "generation" | "position" | "venueTimeUs" | "recordedTimeUs">;

/** With provenance and hashes as the event store computes them. */
export const stored = (place: Place, content: Content): StoredRecord => {
  const record = { ...place, ...content };
  const provenance = canonicalJson({ build: place.position < 200 ? "1.0.0+aa" : "1.0.1+bb", epoch: 1, firstOffset: place.position, topic: "md.ticks.v1" });
  const hash = contentHash(record);
  return { ...record, provenance, contentHash: hash, leafHash: leafHash(hash, provenanceHash(provenance)) };
};

/** A day: ticks in messages of 1 to `ticksMax`, and among them every golden record again and again. The same for the same seed. */
export const sampleLog = (options: { readonly log?: string; readonly records: number; readonly ticksMax?: number; readonly seed?: number }): readonly StoredRecord[] => {
  const { log = "SPX", records, ticksMax = 30, seed = 7 } = options;
  const random = seededRandom(seed);
  const others = random.shuffle(goldenContents());
  let turn = 0;
  const opened = others.filter(({ type }) => type === "LogOpened");
  let recordedTimeUs = startUs;
  return Array.from({ length: records }, (_, index) => {
    recordedTimeUs += random.integer(0, 500_000);
    const [first] = index === 0 ? opened : random.next() < 0.6 ? [ticksContent(random, random.integer(1, ticksMax), recordedTimeUs)] : [others[turn++ % others.length]];
    if (first === undefined) throw new Error("There is a golden LogOpened.");
    return stored({ log, generation: index < records / 2 ? 1 : 2, position: index + 1, venueTimeUs: recordedTimeUs - random.integer(0, 1_000), recordedTimeUs }, first);
  });
};

/** In chunks of uneven sizes, as readers hand them out. */
export async function* chunksOf(records: readonly StoredRecord[], size = 37): AsyncGenerator<readonly StoredRecord[], void, void> {
  for (let from = 0; from < records.length; from += size) yield records.slice(from, from + size);
}
