import { canonicalJson } from "@finality/contracts";

/** One spelling of a flat body: its members in order of their names. Two bodies say the same exactly when these are equal. */
export const contentOf = (body: Readonly<Record<string, string | number | boolean | undefined>>): string => JSON.stringify(body, Object.keys(body).sort());

const depthMax = 64;

/** Whether two plain values agree member by member: then their RFC 8785 bytes are the same. False says nothing yet. */
export const agree = (a: unknown, b: unknown, depth = 0): boolean => {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b && a !== undefined;
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b) || depth > depthMax) return false;
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(a)) return false;
  const keys = Object.keys(a);
  if (Object.keys(b).length !== keys.length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && agree(Reflect.get(a, key), Reflect.get(b, key), depth + 1));
};

/** Whether two values of any depth have the same RFC 8785 bytes. */
export const sameContent = (a: unknown, b: unknown): boolean => {
  if (agree(a, b)) return true;
  const left = canonicalJson(a);
  const right = canonicalJson(b);
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
};
