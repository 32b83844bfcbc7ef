import { expect, test } from "vitest";
import { toBusMessage } from "./message.ts";

const place = { topic: "md.ticks.v1", partition: 3 };
const decoded = (message: object) => toBusMessage(place, { offset: "7", key: null, value: null, ...message });

test("a tombstone is an empty value, and no key stays none", () => {
  expect(decoded({})).toEqual({ ...place, offset: 7, key: null, value: new Uint8Array(), headers: {} });
});

test("headers of any client are taken: without a value, repeated, not UTF-8, with the names of an object's own members", () => {
  const nothing: unknown = JSON.parse('{"empty": null}');
  expect(decoded({ headers: nothing }).headers).toEqual({ empty: "" });
  expect(decoded({ headers: { twice: [Buffer.from("a"), Buffer.from("b")], odd: Buffer.from([0xff, 0x61]), constructor: [Object, Buffer.from("c")] } }).headers).toEqual({ twice: "b", odd: "\ufffda", constructor: "c" });
});
