import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContractsError } from "../errors.ts";
import { canonicalJson, decodeJson } from "./canonical-json.ts";

const text = (value: unknown): string => new TextDecoder().decode(canonicalJson(value));
const refusal = (value: unknown): string => {
  try {
    canonicalJson(value);
  } catch (error) {
    if (error instanceof ContractsError && error.code === "not_json_value") return error.message;
    throw error;
  }
  return "";
};

describe("canonicalJson", () => {
  test("sorts keys by UTF-16 code units, as the example of RFC 8785 section 3.2.3", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\u{1f600}": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    expect(Object.values(JSON.parse(text(value)) as object)).toHaveLength(7);
    expect([...text(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1])).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test("writes numbers and strings as the example of RFC 8785 section 3.2.2", () => {
    const value = {
      numbers: JSON.parse("[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]"),
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(text(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("does not take one object's names for those of another that begins alike", () => {
    for (const [first, second, third] of [["b", "c", "a"], ["b", "a", "c"], ["b", "c", "d"], ["b", "c", "a"]] as const) {
      const names = [first, second, third].toSorted();
      const value = Object.fromEntries([first, second, third].map((name) => [name, { [name]: name }]));
      expect(text(value)).toBe(`{${names.map((name) => `"${name}":{"${name}":"${name}"}`).join(",")}}`);
    }
    expect(text([{}, { "": 1 }, {}])).toBe('[{},{"":1},{}]');
  });

  test("writes minus zero as zero", () => {
    expect(text([-0, 0])).toBe("[0,0]");
  });

  test.each([
    [{ a: undefined }, "/a is a value of type undefined"],
    [{ a: [1, Number.NaN] }, "/a/1 is NaN"],
    [[Number.NEGATIVE_INFINITY], "/0 is -Infinity"],
    [{ a: 1n }, "/a is a value of type bigint"],
    [{ at: new Date(0) }, "/at is not a plain object"],
    [{ half: "\ud83d" }, "/half holds half of a surrogate pair"],
    [new Array<number>(1), "/0 is a value of type undefined"],
  ])("refuses what JSON cannot hold, naming the place: %o", (value, sentence) => {
    expect(refusal(value)).toContain(sentence);
  });

  test("refuses nesting that would exhaust the stack", () => {
    let value: unknown = 0;
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    expect(refusal(value)).toContain("nested deeper than");
  });

  test("is JSON of the same value, and equal for values that differ in the order of keys only", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const bytes = canonicalJson(value);
        expect(decodeJson(bytes)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toEqual(bytes);
      }),
    );
  });
});

describe("decodeJson", () => {
  test.each([[[0xff]], [[0x7b]], [[]], [[0xef, 0xbb, 0xbf, 0x31]]])("refuses bytes that are no JSON: %o", (bytes) => {
    expect(() => decodeJson(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: "not_json" }));
  });
});
