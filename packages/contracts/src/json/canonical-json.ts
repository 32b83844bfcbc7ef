import { ContractsError } from "../errors.ts";
import { textOf, utf8Of } from "./utf8.ts";

/** Nesting beyond this is refused, so that a hostile value is an error and not an exhausted stack. */
const depthMax = 64;

/**
 * RFC 8785: keys sorted by UTF-16 code units, numbers in ECMAScript's shortest form, no white space. Plain objects, arrays, strings,
 * finite numbers, booleans and null only; throws `not_json_value` naming the place for anything else, a property that is `undefined` included.
 */
export const canonicalJson = (value: unknown): Uint8Array<ArrayBuffer> => utf8Of(fast(value, 0) ?? written(value, undefined, 0));

/** Throws `not_json` when the bytes are not UTF-8 or not JSON. */
export const decodeJson = (bytes: Uint8Array): unknown => {
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    return value;
  } catch (cause) {
    throw new ContractsError("not_json", `Not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};

/** The text of a value that can be written; undefined for any other, whose place `written` then looks for and names. */
const fast = (value: unknown, depth: number): string | undefined => {
  if (depth > depthMax) return undefined;
  switch (typeof value) {
    case "string":
      if (plain.test(value)) return '"' + value + '"';
      return value.isWellFormed() ? JSON.stringify(value) : undefined;
    case "number":
      return Number.isFinite(value) ? String(value) : undefined;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? fastArray(value, depth) : fastObject(value, depth);
    default:
      return undefined;
  }
};

const fastArray = (values: readonly unknown[], depth: number): string | undefined => {
  let text = "[";
  for (let index = 0; index < values.length; index++) {
    const item = fast(values[index], depth + 1);
    if (item === undefined) return undefined;
    text += index === 0 ? item : "," + item;
  }
  return text + "]";
};

const fastObject = (value: object, depth: number): string | undefined => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return undefined;
  const shape = shapeOf(Object.keys(value));
  if (shape === undefined) return undefined;
  const { sorted, openings } = shape;
  let text = "{";
  for (let index = 0; index < sorted.length; index++) {
    const member = fast((value as Record<string, unknown>)[sorted[index] ?? ""], depth + 1);
    if (member === undefined) return undefined;
    text += (openings[index] ?? "") + member;
  }
  return text + "}";
};

/** The names of an object as it lists them, in order, and as they are written in front of their values. */
type Shape = { readonly keys: readonly string[]; readonly sorted: readonly string[]; readonly openings: readonly string[] };

const shapesKept = 1_024;
/** By first name and number of names: objects of the same shapes come again and again. */
const shapes = new Map<string, Map<number, Shape>>();
let shapeCount = 0;

const shapeOf = (keys: readonly string[]): Shape | undefined => {
  const first = keys[0] ?? "";
  const known = shapes.get(first)?.get(keys.length);
  if (known !== undefined && sameNames(known.keys, keys)) return known;
  // Default sorting compares UTF-16 code units.
  const sorted = keys.toSorted();
  const openings: string[] = [];
  for (const key of sorted) {
    const name = fast(key, 0);
    if (name === undefined) return undefined;
    openings.push(`${openings.length === 0 ? "" : ","}${name}:`);
  }
  const shape = { keys, sorted, openings };
  if (shapeCount >= shapesKept) {
    shapes.clear();
    shapeCount = 0;
  }
  const ofFirst = shapes.get(first) ?? new Map<number, Shape>();
  if (!ofFirst.has(keys.length)) shapeCount++;
  shapes.set(first, ofFirst.set(keys.length, shape));
  return shape;
};

const sameNames = (a: readonly string[], b: readonly string[]): boolean => {
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
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

const writtenObject = (value: object, within: Place | undefined, depth: number): string => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw refused(within, "is not a plain object");
  const keys = Object.keys(value).sort();
  let text = "{";
  for (const [index, key] of keys.entries()) {
    if (index > 0) text += ",";
    text += quoted(key, within) + ":" + written((value as Record<string, unknown>)[key], { within, key }, depth + 1);
  }
  return text + "}";
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
