import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ContractsError } from "../errors.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { recordSchemas, type Decision, type Input } from "./bodies.ts";
import { decodeRecord, encodeRecord, isDecisionRecord, isInputRecord } from "./codec.ts";
import { commandIdOf } from "./record.ts";
import { recordRegistry, recordTypes, type RecordRegistry } from "./upcasters.ts";

const folder = join(import.meta.dirname, "golden");
type Golden = { readonly type: string; readonly version: number; readonly payloadHex: string; readonly body: unknown };
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));
const goldens = readdirSync(folder).filter((file) => file !== "schemas.json").map((file) => read(file) as Golden);
const place = { log: "SPX", generation: 1, position: 7, venueTimeUs: 5, recordedTimeUs: 6 };
const storedOf = ({ type, version, payloadHex }: Golden) => ({ ...place, type, version, payload: new Uint8Array(Buffer.from(payloadHex, "hex")) });
/** A body with columns as plain arrays and absent values as null, as the golden files hold them. */
const plain = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body, (_key, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as Float64Array, (each) => (Number.isNaN(each) ? null : each)) : value)));

const errorOf = (run: () => unknown): ContractsError => {
  try {
    run();
  } catch (error) {
    if (error instanceof ContractsError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
};

describe("golden records", () => {
  test("every type has a golden file of every version", () => {
    const needed = recordTypes.flatMap((type) => Array.from({ length: recordRegistry.versions[type] }, (_, index) => `${type}.${String(index + 1)}`));
    expect(goldens.map(({ type, version }) => `${type}.${String(version)}`).sort()).toEqual(needed.sort());
  });

  test.each(goldens)("$type version $version is read as it always was", (golden) => {
    const record = decodeRecord(storedOf(golden));
    expect(plain(record)).toEqual({ ...place, type: golden.type, body: golden.body });
    expect(isInputRecord(record)).toBe(!isDecisionRecord(record));
  });

  test.each(goldens.filter(({ type, version }) => recordRegistry.versions[type as Input["type"]] === version))(
    "$type version $version is written as it always was",
    (golden) => {
      const { type, body } = decodeRecord(storedOf(golden));
      const encoded = encodeRecord({ type, body } as Input | Decision);
      expect({ ...encoded, payload: Buffer.from(encoded.payload).toString("hex") }).toEqual({ type, version: golden.version, payload: golden.payloadHex });
    },
  );

  test("a record type changes its shape only together with its version", () => {
    const fingerprints = Object.entries(recordSchemas).map(([type, schema]) => [
      `${type}.${String(recordRegistry.versions[type as keyof typeof recordSchemas])}`,
      createHash("sha256").update(canonicalJson(JSON.parse(JSON.stringify(schema)))).digest("hex"),
    ]);
    expect(read("schemas.json")).toMatchObject(Object.fromEntries(fingerprints));
  });
});

describe("decodeRecord", () => {
  const first = { ...place, type: "BookSuspended", version: 1, payload: canonicalJson({ book: "scalper", message: "old words" }) };
  const raised: RecordRegistry = {
    versions: { ...recordRegistry.versions, BookSuspended: 3 },
    upcasters: {
      BookSuspended: {
        1: (body) => ({ book: Reflect.get(Object(body), "book"), text: Reflect.get(Object(body), "message") }),
        2: (body) => ({ book: Reflect.get(Object(body), "book"), error: Reflect.get(Object(body), "text") }),
      },
    },
  };

  test("raises an old version step by step to the newest", () => {
    expect(decodeRecord(first, raised)).toEqual({ ...place, type: "BookSuspended", body: { book: "scalper", error: "old words" } });
    const second = { ...first, version: 2, payload: canonicalJson({ book: "scalper", text: "newer words" }) };
    expect(decodeRecord(second, raised)).toMatchObject({ body: { error: "newer words" } });
  });

  test("names what it cannot read", () => {
    expect(errorOf(() => decodeRecord(first))).toMatchObject({ code: "bad_record", message: "Record SPX-1-7 is no BookSuspended of version 1: /error is missing." });
    expect(errorOf(() => decodeRecord({ ...first, version: 2 }))).toMatchObject({
      code: "unknown_version",
      message: "Record SPX-1-7 is BookSuspended of version 2; this release knows versions 1 to 1. A newer release wrote it: use that one.",
    });
    const written = { ...first, version: 2, provenance: canonicalJson({ epoch: 1, build: "finality 0.5.0" }) };
    expect(errorOf(() => decodeRecord(written))).toMatchObject({
      code: "unknown_version",
      message: 'Record SPX-1-7 is BookSuspended of version 2; this release knows versions 1 to 1. The release "finality 0.5.0" wrote it: use that one or a newer one.',
    });
    expect(errorOf(() => decodeRecord({ ...written, type: "BookMerged" }))).toMatchObject({ code: "unknown_type", message: expect.stringContaining('"BookMerged", which this release does not know. The release "finality 0.5.0" wrote it') });
    expect(errorOf(() => decodeRecord({ ...written, provenance: Uint8Array.of(0x7b) }))).toMatchObject({ code: "unknown_version", message: expect.stringContaining("A newer release wrote it") });
    expect(errorOf(() => decodeRecord(first, { ...raised, upcasters: {} }))).toMatchObject({ code: "unknown_version" });
    expect(errorOf(() => decodeRecord({ ...first, version: 0 }))).toMatchObject({ code: "unknown_version" });
    expect(errorOf(() => decodeRecord({ ...first, type: "toString" }))).toMatchObject({ code: "unknown_type" });
    expect(errorOf(() => decodeRecord({ ...first, payload: Uint8Array.of(0x7b) }))).toMatchObject({ code: "not_json" });
    expect(errorOf(() => decodeRecord({ ...first, type: "TicksRecorded" }))).toMatchObject({ code: "bad_ticks" });
  });
});

test("encodeRecord refuses a body that no reader would accept", () => {
  const body = { instrument: "not a name" };
  expect(errorOf(() => encodeRecord({ type: "InstrumentExpired", body }))).toMatchObject({ code: "bad_record" });
});

test("a command's id is its place in the log", () => {
  expect(commandIdOf(place)).toBe("SPX-1-7");
});
