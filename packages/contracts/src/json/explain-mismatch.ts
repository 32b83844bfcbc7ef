import { Type, type TObject, type TSchema, type TUnion } from "typebox";
import { Value } from "typebox/value";
import { describeValue } from "./describe-value.ts";

/**
 * Says in one sentence where and how a value that failed its schema differs from it: a JSON pointer, what must be, what is. Of a union it
 * follows the branch that the value's own `type`, `kind` … names.
 */
export const explainMismatch = (schema: TSchema, value: unknown): string =>
  mismatch(schema, value, "") ?? `The value does not match its schema: ${describeValue(value)}.`;

const mismatch = (schema: TSchema, value: unknown, pointer: string): string | undefined => {
  if (matches(schema, value)) return undefined;
  if (Type.IsUnion(schema)) return unionMismatch(schema, value, pointer);
  if (Type.IsObject(schema) && isRecord(value)) return objectMismatch(schema, value, pointer);
  if (Type.IsArray(schema) && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = mismatch(schema.items, item, `${pointer}/${String(index)}`);
      if (found !== undefined) return found;
    }
  }
  if (Type.IsLiteral(schema)) return sentence(pointer, `must be ${describeValue(schema.const)}`, value);
  return sentence(pointer, Value.Errors(schema, value)[0]?.message ?? "has the wrong shape", value);
};

/** Not as a type guard: where it fails, the value is still of unknown shape. */
const matches = (schema: TSchema, value: unknown): boolean => Value.Check(schema, value);

const objectMismatch = (schema: TObject, value: Readonly<Record<string, unknown>>, pointer: string): string | undefined => {
  const { properties } = schema;
  for (const [key, property] of Object.entries(properties)) {
    if (!Object.hasOwn(value, key) && !Type.IsOptional(property)) return `${pointer}/${key} is missing.`;
  }
  for (const [key, member] of Object.entries(value)) {
    const expected = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (expected === undefined) return `${pointer}/${describeKey(key)} is not known here.`;
    const found = mismatch(expected, member, `${pointer}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
};

const unionMismatch = (schema: TUnion, value: unknown, pointer: string): string | undefined => {
  const literals = schema.anyOf.flatMap((branch) => (Type.IsLiteral(branch) ? [describeValue(branch.const)] : []));
  if (literals.length === schema.anyOf.length) return sentence(pointer, `must be one of ${literals.join(", ")}`, value);
  const branches = schema.anyOf.filter((branch) => Type.IsObject(branch));
  const [first] = branches;
  if (first === undefined || !isRecord(value)) return sentence(pointer, "has none of the allowed shapes", value);
  for (const key of Object.keys(first.properties)) {
    const names = branches.map((branch) => literalOf(branch, key));
    if (names.includes(undefined)) continue;
    const branch = branches[names.indexOf(value[key])];
    return branch === undefined
      ? sentence(`${pointer}/${key}`, `must be one of ${names.map(describeValue).join(", ")}`, value[key])
      : mismatch(branch, value, pointer);
  }
  return sentence(pointer, "has none of the allowed shapes", value);
};

const literalOf = (schema: TObject, key: string): unknown => {
  const property = schema.properties[key];
  return property !== undefined && Type.IsLiteral(property) ? property.const : undefined;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

const describeKey = (key: string): string => (key.length > 80 ? `${key.slice(0, 80)}…` : key);

const sentence = (pointer: string, rule: string, value: unknown): string => `${pointer === "" ? "The value" : pointer} ${rule}, but is ${describeValue(value)}.`;
