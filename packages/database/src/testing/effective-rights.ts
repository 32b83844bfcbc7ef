import type { Queryable } from "../database.ts";

/** What a role may do with a table: first letters of SELECT, INSERT, UPDATE, DELETE, `+` for anything else; columns where it is not the whole table. */
export type Rights = string;

type RightsRow = { readonly role: string; readonly relation: string; readonly rights: Rights };

const letters = { SELECT: "s", INSERT: "i", UPDATE: "u", DELETE: "d", TRUNCATE: "+", REFERENCES: "+", TRIGGER: "+" } as const;
const byColumn = ["SELECT", "INSERT", "UPDATE"] as const;

const letterSql = Object.entries(letters).map(([right, letter]) => `CASE WHEN has_table_privilege(r.rolname, c.oid, '${right}') THEN '${letter}' ELSE '' END`);
const columnSql = byColumn.map(
  (right) => `CASE WHEN has_table_privilege(r.rolname, c.oid, '${right}') THEN ''
                   ELSE (SELECT coalesce('${letters[right]}(' || nullif(string_agg(a.attname, ' ' ORDER BY a.attname), '') || ')', '') FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(r.rolname, c.oid, a.attnum, '${right}')) END`,
);

/**
 * The rights on every table and view of `schemas` that each of `roles` has by itself, by its groups or as anybody has them; PostgreSQL's own
 * answer, not what was granted. Tables by `schema.name`; of each the roles that have any.
 */
export const effectiveRights = async (client: Queryable, schemas: readonly string[], roles: readonly string[]): Promise<Readonly<Record<string, Readonly<Record<string, Rights>>>>> => {
  const { rows } = await client.query<RightsRow>(
    `SELECT r.rolname AS role, n.nspname || '.' || c.relname AS relation, ${[...letterSql, ...columnSql].join(" || ")} AS rights
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN pg_roles r
      WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND r.rolname = ANY($2) ORDER BY relation, role`,
    [schemas, roles],
  );
  const all: Record<string, Record<string, Rights>> = {};
  for (const { role, relation, rights } of rows) {
    const own = (all[relation] ??= {});
    if (rights !== "") own[role] = rights;
  }
  return all;
};
