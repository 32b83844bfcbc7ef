import { join } from "node:path";
import { defineConfig } from "prisma/config";

const prismaFolder = join(import.meta.dirname, "../../prisma");

/** For Prisma's own tools (`prisma generate`, `prisma migrate deploy`, run in this folder); the services do not need it. */
export default defineConfig({
  schema: join(prismaFolder, "schema.prisma"),
  migrations: { path: join(prismaFolder, "migrations") },
  datasource: { url: process.env["DATABASE_URL"] ?? "" },
});
