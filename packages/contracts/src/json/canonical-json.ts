import { ContractsError } from "../errors.ts";
import { textOf, utf8Of } from "./utf8.ts";

/** Nesting beyond this is refused, so that a hostile value is an error and not an exhausted stack. */
const depthMax = 64;

/**
 * RFC 8785: keys sorted by UTF-16 code units, numbers in ECMAScript's shortest form, no white space. Plain objects, arrays, strings,
 * finite numbers, booleans and null only; throws `not_json_value` naming the place for anything else, a property that is `undefined` included.
 */
export const canonicalJson = (value: unknown): Uint8Array<ArrayBuffer> => utf8Of(written(value, "", 0));

/** Throws `not_json` when the bytes are not UTF-8 or not JSON. */
export const decodeJson = (bytes: Uint8Array): unknown => {
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    return value;
  } catch (cause) {
    throw new ContractsError("not_json", `Not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};

const written = (value: unknown, pointer: string, depth: number): string => {
  if (depth > depthMax) throw new ContractsError("not_json_value", `${place(pointer)} is nested deeper than ${String(depthMax)} levels.`);
  switch (typeof value) {
    case "string":
      return quoted(value, pointer);
    case "number":
      if (!Number.isFinite(value)) throw new ContractsError("not_json_value", `${place(pointer)} is ${String(value)}, which JSON cannot hold.`);
      return Object.is(value, -0) ? "0" : String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? writtenArray(value, pointer, depth) : writtenObject(value, pointer, depth);
    default:
      throw new ContractsError("not_json_value", `${place(pointer)} is a value of type ${typeof value}, which JSON cannot hold.`);
  }
};

const writtenArray = (values: readonly unknown[], pointer: string, depth: number): string => {
  let text = "[";
  for (let index = 0; index < values.length; index++) {
    text += (index === 0 ? "" : ",") + written(values[index], `${pointer}/${String(index)}`, depth + 1);
  }
  return `${text}]`;
};

const writtenObject = (value: object, pointer: string, depth: number): string => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new ContractsError("not_json_value", `${place(pointer)} is not a plain object.`);
  }
  let text = "{";
  // Default sorting compares UTF-16 code units.
  for (const [key, member] of Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))) {
    text += (text === "{" ? "" : ",") + quoted(key, pointer) + ":" + written(member, `${pointer}/${key}`, depth + 1);
  }
  return `${text}}`;
};

/** Printable ASCII without quote and backslash: needs no escape. */
const plain = /^[ !#-[\]-~]*$/;

const quoted = (text: string, pointer: string): string => {
  if (plain.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new ContractsError("not_json_value", `${place(pointer)} holds half of a surrogate pair.`);
  return JSON.stringify(text);
};

const place = (pointer: string): string => (pointer === "" ? "The value" : pointer);
