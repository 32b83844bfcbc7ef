export type { BinaryFields } from "./copy-out.ts";
export { openDatabase, type Database, type DatabaseOptions, type Queryable, type Row, type Rows, type Statement, textLiteral } from "./database.ts";
export { DatabaseError, isDefiniteRefusal, placeOf, toDatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { lockFolder, type FolderLock } from "./embedded/folder-lock.ts";
export type { StopMode } from "./embedded/postmaster.ts";
export { startEmbeddedPostgres, stopEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded/start.ts";
export { migrate, migrationsFolder, pendingMigrations } from "./migrate.ts";
export { createNotifier, type Notifier, type NotifierOptions } from "./notifier.ts";
export { createPrisma, type PrismaClient } from "./prisma.ts";
