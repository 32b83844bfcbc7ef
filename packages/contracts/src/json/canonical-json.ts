import { ContractsError } from "../errors.ts";
import { textOf, utf8Of } from "./utf8.ts";

/** Nesting beyond this is refused, so that a hostile value is an error and not an exhausted stack. */
const depthMax = 64;

/**
 * RFC 8785: keys sorted by UTF-16 code units, numbers in ECMAScript's shortest form, no white space. Plain objects, arrays, strings,
 * finite numbers, booleans and null only; throws `not_json_value` naming the place for anything else, a property that is `undefined` included.
 */
export const canonicalJson = (value: unknown): Uint8Array<ArrayBuffer> => utf8Of(written(value, undefined, 0));

/** Throws `not_json` when the bytes are not UTF-8 or not JSON. */
export const decodeJson = (bytes: Uint8Array): unknown => {
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    return value;
  } catch (cause) {
    throw new ContractsError("not_json", `Not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};

/** Where a value stands; put into words only when it is refused. */
type Place = { readonly within: Place | undefined; readonly key: string | number };

const written = (value: unknown, place: Place | undefined, depth: number): string => {
  if (depth > depthMax) throw refused(place, `is nested deeper than ${String(depthMax)} levels`);
  switch (typeof value) {
    case "string":
      return quoted(value, place);
    case "number":
      if (!Number.isFinite(value)) throw refused(place, `is ${String(value)}, which JSON cannot hold`);
      // Minus zero is written as 0.
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? writtenArray(value, place, depth) : writtenObject(value, place, depth);
    default:
      throw refused(place, `is a value of type ${typeof value}, which JSON cannot hold`);
  }
};

const writtenArray = (values: readonly unknown[], within: Place | undefined, depth: number): string => {
  let text = "[";
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ",";
    text += written(values[index], { within, key: index }, depth + 1);
  }
  return text + "]";
};

const inOrder = (keys: readonly string[]): boolean => {
  for (let index = 1; index < keys.length; index++) if ((keys[index - 1] ?? "") > (keys[index] ?? "")) return false;
  return true;
};

const writtenObject = (value: object, within: Place | undefined, depth: number): string => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw refused(within, "is not a plain object");
  const keys = Object.keys(value);
  // Default sorting compares UTF-16 code units.
  if (!inOrder(keys)) keys.sort();
  let text = "{";
  for (const [index, key] of keys.entries()) {
    if (index > 0) text += ",";
    text += quotedKey(key, within) + ":" + written((value as Record<string, unknown>)[key], { within, key }, depth + 1);
  }
  return text + "}";
};

const keysKept = 4_096;
const quotedKeys = new Map<string, string>();

/** The same few names come again and again. */
const quotedKey = (key: string, within: Place | undefined): string => {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  const text = quoted(key, within);
  if (quotedKeys.size >= keysKept) quotedKeys.clear();
  quotedKeys.set(key, text);
  return text;
};

/** Printable ASCII without quote and backslash: needs no escape. */
const plain = /^[ !#-[\]-~]*$/;

const quoted = (text: string, place: Place | undefined): string => {
  if (plain.test(text)) return '"' + text + '"';
  if (!text.isWellFormed()) throw refused(place, "holds half of a surrogate pair");
  return JSON.stringify(text);
};

const refused = (place: Place | undefined, what: string): ContractsError => {
  let pointer = "";
  for (let at = place; at !== undefined; at = at.within) pointer = `/${String(at.key)}${pointer}`;
  return new ContractsError("not_json_value", `${pointer === "" ? "The value" : pointer} ${what}.`);
};
