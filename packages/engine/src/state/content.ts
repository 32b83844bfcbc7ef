import { canonicalJson } from "@finality/contracts";

/** One spelling of a flat body: its members in order of their names. Two bodies say the same exactly when these are equal. */
export const contentOf = (body: Readonly<Record<string, string | number | boolean | undefined>>): string => JSON.stringify(body, Object.keys(body).sort());

/** Whether two values of any depth have the same RFC 8785 bytes. */
export const sameContent = (a: unknown, b: unknown): boolean => {
  const left = canonicalJson(a);
  const right = canonicalJson(b);
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
};
