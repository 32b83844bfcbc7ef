import pg from "pg";
import { DatabaseError } from "./errors.ts";

/** An int8 in PostgreSQL's text form as a number. Throws DatabaseError "number_out_of_range" beyond ±(2^53 - 1). */
export const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new DatabaseError("number_out_of_range", `The int8 ${text} is beyond 2^53 - 1 and cannot be held in a number; select it as text.`);
  }
  return value;
};

const parseInt8Array = (text: string): (number | null)[] =>
  text === "{}" ? [] : text.slice(1, -1).split(",").map((item) => (item === "NULL" ? null : parseInt8(item)));

/** PostgreSQL's fixed oids; pg's own list leaves arrays out. */
const ownParsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [20, parseInt8],
  [1016, parseInt8Array],
]);

/** Ours for int8 and int8[]; all other types as pg has them (bytea a Buffer, numeric a string). For one pool, never for the process. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid, format): unknown => (format === "binary" ? undefined : ownParsers.get(oid)) ?? pg.types.getTypeParser(oid, format),
};
