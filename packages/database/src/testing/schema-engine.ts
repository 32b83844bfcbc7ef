// Prisma's own migration engine as WebAssembly: nothing is downloaded. For tests and scripts; the services migrate with migrate.ts.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { PrismaPg } from "@prisma/adapter-pg";
import {
  ColumnTypeEnum,
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import { SchemaEngine, type MigrationList } from "@prisma/schema-engine-wasm";

const noFilter = { externalTables: [], externalEnums: [] };

/** Columns of PostgreSQL's internal type "char" in the engine's questions about constraints. */
const characterColumns = new Set(["constraint_type", "confdeltype", "confupdtype"]);

/**
 * The engine's questions about constraints fail with this adapter ("Column type 'char' could not be deserialized"), because the adapter
 * does not know PostgreSQL's internal type "char": ask for it as text and name it a character.
 */
const withReadableConstraints = (adapter: SqlDriverAdapter): SqlDriverAdapter => {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const sql = query.sql
      .replace("constr.contype AS constraint_type", "constr.contype::text AS constraint_type")
      .replaceAll(/\bcon\.(confdeltype|confupdtype),/g, "con.$1::text AS $1,");
    const result = await queryRaw({ ...query, sql });
    if (sql === query.sql) return result;
    const columnTypes = result.columnTypes.map((type, index) => (characterColumns.has(result.columnNames[index] ?? "") ? ColumnTypeEnum.Character : type));
    return { ...result, columnTypes };
  };
  return adapter;
};

const readable = (factory: PrismaPg): SqlMigrationAwareDriverAdapterFactory => ({
  provider: factory.provider,
  adapterName: factory.adapterName,
  connect: async () => withReadableConstraints(await factory.connect()),
  connectToShadowDb: async () => withReadableConstraints(await factory.connectToShadowDb()),
});

const listOf = async (folder: string): Promise<MigrationList> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  const directories = names.map(async (path) => {
    const value = await readFile(join(folder, path, "migration.sql"), "utf8");
    return { path, migrationFile: { path: "migration.sql", content: { tag: "ok" as const, value } } };
  });
  const lockfile = { path: "migration_lock.toml", content: await readFile(join(folder, "migration_lock.toml"), "utf8") };
  return { baseDir: folder, lockfile, shadowDbInitScript: "", migrationDirectories: await Promise.all(directories) };
};

export type PrismaSchemaEngine = {
  /** Applies as `prisma migrate deploy` does and returns the names. */
  applyMigrations(folder: string): Promise<readonly string[]>;
  /** The SQL that would turn the connected database into what `schema` says; empty when they agree. */
  difference(schema: string): Promise<string>;
  /** `schema` with the models that the connected database has, as `prisma db pull` writes them. */
  pull(schema: string): Promise<string>;
  close(): void;
};

/** `schema` names the database schemas to look at; without it, public. */
export const openSchemaEngine = async (adapter: PrismaPg, schema?: string): Promise<PrismaSchemaEngine> => {
  const datamodels: [string, string][] | undefined = schema === undefined ? undefined : [["schema.prisma", schema]];
  const engine = await SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(readable(adapter)));
  const filesOf = (content: string) => [{ path: "schema.prisma", content }];
  return {
    applyMigrations: async (folder) => (await engine.applyMigrations({ migrationsList: await listOf(folder), filters: noFilter })).appliedMigrationNames,
    difference: async (content) => {
      const from = { tag: "schemaDatasource" as const, files: filesOf(content), configDir: "" };
      const to = { tag: "schemaDatamodel" as const, files: filesOf(content) };
      const { exitCode, stdout } = await engine.diff({ from, to, script: true, exitCode: true, filters: noFilter });
      return exitCode === 0 ? "" : (stdout ?? "");
    },
    pull: async (content) => {
      const params = { schema: { files: filesOf(content) }, baseDirectoryPath: "", force: false, compositeTypeDepth: 0, namespaces: null };
      const { schema: pulled } = await engine.introspect(params);
      return pulled.files.map((file) => file.content).join("\n");
    },
    close: () => {
      engine.free();
    },
  };
};
