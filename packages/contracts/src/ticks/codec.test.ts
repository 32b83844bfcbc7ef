import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContractsError } from "../errors.ts";
import type { Tick } from "../messages/bodies.ts";
import { parseTick } from "../messages/parse-tick.ts";
import { decodeTicks, encodeTicks } from "./codec.ts";
import { columnsOf, tickAt } from "./tick-values.ts";

const time = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.integer({ min: 1_600_000_000_000_000, max: 1_600_000_100_000_000 }));
/** A decimal of at most 15 significant digits without needless zeros. */
const price = fc.tuple(fc.integer({ min: 1, max: 999_999_999_999_999 }), fc.integer({ min: 0, max: 12 })).map(([digits, places]) => {
  const padded = String(digits).padStart(places + 1, "0");
  const fraction = places === 0 ? "" : padded.slice(-places).replace(/0+$/, "");
  return padded.slice(0, padded.length - places) + (fraction === "" ? "" : `.${fraction}`);
});
const size = fc.oneof(price, fc.constant("0"));
const common = { instrument: fc.constantFrom("SPX", "SPXW-2021-01-06-3700-C", "SPXW-2021-01-06-3700-P", "ES"), venueTimeUs: time };
type Fields = Record<string, fc.Arbitrary<unknown>>;
const record = (kind: Tick["kind"], required: Fields, optional: Fields) => {
  const fields: Fields = { kind: fc.constant(kind), ...common, ...required, receiveTimeUs: time, ...optional };
  return fc.record(fields, { requiredKeys: ["kind", "instrument", "venueTimeUs", ...Object.keys(required)] });
};
const tick = fc
  .oneof(
    record("quote", { bid: price }, { bidSize: size, ask: price, askSize: size }),
    record("quote", { ask: price }, { bid: price, bidSize: size, askSize: size }),
    record("trade", { price, size }, {}),
    record("index", { price }, {}),
    record("mark", { price }, { vol: size }),
  )
  .map((value) => {
    const parsed = parseTick(value, 0);
    if (!parsed.ok) throw new Error(parsed.detail);
    return parsed.tick;
  });
const batch = fc.array(fc.tuple(tick, fc.integer({ min: 0, max: 15 })), { minLength: 1, maxLength: 40 });
const columns = (pairs: readonly (readonly [Tick, number])[]) => columnsOf(pairs.map(([each]) => each), pairs.map(([, flags]) => flags));

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ContractsError) return error.code;
    throw error;
  }
  return "none";
};

describe("tick columns as bytes", () => {
  test("decode(encode(x)) = x, and every tick comes back as it was", () => {
    fc.assert(
      fc.property(batch, (pairs) => {
        const before = columns(pairs);
        const after = decodeTicks(encodeTicks(before));
        expect(after).toEqual(before);
        pairs.forEach(([each, flags], index) => {
          expect(tickAt(after, index)).toEqual(each);
          expect(after.flags[index]).toBe(flags);
        });
      }),
      { numRuns: 500 },
    );
  });

  test("bytes that decode have one spelling: encode(decode(b)) = b, for every change of every byte", () => {
    fc.assert(
      fc.property(batch, fc.nat(), fc.integer({ min: 0, max: 255 }), (pairs, at, byte) => {
        const bytes = encodeTicks(columns(pairs));
        bytes[at % bytes.length] = byte;
        const code = codeOf(() => {
          expect(encodeTicks(decodeTicks(bytes))).toEqual(bytes);
        });
        expect(["none", "bad_ticks"]).toContain(code);
      }),
      { numRuns: 3_000 },
    );
  });

  test("every truncation and every addition is refused", () => {
    fc.assert(
      fc.property(batch, (pairs) => {
        const bytes = encodeTicks(columns(pairs));
        for (let length = 0; length < bytes.length; length++) expect(codeOf(() => decodeTicks(bytes.subarray(0, length)))).toBe("bad_ticks");
        expect(codeOf(() => decodeTicks(Uint8Array.from([...bytes, 0])))).toBe("bad_ticks");
      }),
      { numRuns: 30 },
    );
  });

  test("noise is refused, and a promised size is not allocated before it is there", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(["none", "bad_ticks"]).toContain(codeOf(() => decodeTicks(Uint8Array.from([1, ...noise]))));
      }),
      { numRuns: 3_000 },
    );
    // 2^49 ticks, 2^49 instruments.
    expect(codeOf(() => decodeTicks(Uint8Array.from([1, 128, 128, 128, 128, 128, 128, 128, 1, 128, 128, 128, 128, 128, 128, 128, 1])))).toBe("bad_ticks");
  });

  test("columns stay as they are when the buffer that they were read from is used again", () => {
    const bytes = Buffer.from(encodeTicks(columns([[{ kind: "index", instrument: "SPX", venueTimeUs: 1, price: "1" }, 3]])));
    const decoded = decodeTicks(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(columns([[{ kind: "index", instrument: "SPX", venueTimeUs: 1, price: "1" }, 3]]));
  });

  test("the bytes are fixed, whatever the machine's endianness", () => {
    const bytes = encodeTicks(columns([[{ kind: "quote", instrument: "ES", venueTimeUs: 300, receiveTimeUs: 299, bid: "1.5", ask: "2", askSize: "0" }, 1]]));
    expect(Buffer.from(bytes).toString("hex")).toBe("01" + "01" + "01" + "02" + "4553" + "74" + "01" + "00" + "d804" + "03" + "000000000000f83f" + "0000000000000040" + "0000000000000000");
  });

  test("columns that contradict themselves are not written", () => {
    const good = columns([[{ kind: "index", instrument: "SPX", venueTimeUs: 1, price: "1" }, 0]]);
    expect(codeOf(() => encodeTicks({ ...good, instruments: ["SPX", "ES"] }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, instruments: ["SPX", "SPX"] }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, count: 2 }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, value0: Float64Array.of(Infinity) }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, value1: Float64Array.of(1) }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, venueTimeUs: Float64Array.of(0.5) }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, flags: Uint8Array.of(16) }))).toBe("bad_ticks");
    expect(codeOf(() => encodeTicks({ ...good, instruments: ["S".repeat(400)] }))).toBe("bad_ticks");
  });
});
