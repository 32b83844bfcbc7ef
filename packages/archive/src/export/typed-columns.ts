import { recordSchemas } from "@finality/contracts";
import { identifier, literal } from "../duckdb/sql-text.ts";

/** A top-level field of a record's body as a column. `expression` takes it out of the column `body`, NULL where it is absent or of another kind. */
export type TypedColumn = { readonly name: string; readonly expression: string };

const schemas: ReadonlyMap<string, { readonly properties: object }> = new Map(Object.entries(recordSchemas));

/** Columns for each field of the newest schema of a type; none for a type that this release does not know. */
export const typedColumnsOf = (type: string): readonly TypedColumn[] =>
  Object.entries(schemas.get(type)?.properties ?? {}).map(([name, schema]) => ({ name, expression: expressionOf(name, kindOf(schema)) }));

type Kind = "text" | "double" | "integer" | "boolean" | "json";

const kindsByType: ReadonlyMap<unknown, Kind> = new Map<unknown, Kind>([["string", "text"], ["number", "double"], ["integer", "integer"], ["boolean", "boolean"]]);

const kindOf = (schema: unknown): Kind => {
  const alternatives = memberOf(schema, "anyOf");
  if (!Array.isArray(alternatives)) return kindsByType.get(memberOf(schema, "type")) ?? "json";
  const [first, ...others] = alternatives.map(kindOf);
  return first !== undefined && others.every((kind) => kind === first) ? first : "json";
};

const memberOf = (schema: unknown, name: string): unknown => (typeof schema === "object" && schema !== null ? Reflect.get(schema, name) : undefined);

/** `TRY`: a body that JSON readers refuse is archived all the same, without typed columns. */
const expressionOf = (name: string, kind: Kind): string => {
  const path = literal(`$.${identifier(name)}`);
  const text = `json_extract_string(body, ${path})`;
  switch (kind) {
    case "text":
      return `TRY(${text})`;
    case "double":
      return `TRY(CAST(${text} AS DOUBLE))`;
    case "integer":
      return `TRY(CAST(${text} AS BIGINT))`;
    case "boolean":
      return `TRY(CAST(${text} AS BOOLEAN))`;
    case "json":
      return `TRY(nullif(CAST(json_extract(body, ${path}) AS VARCHAR), 'null'))`;
  }
};
