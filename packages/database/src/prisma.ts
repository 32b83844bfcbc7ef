import { PrismaPg } from "@prisma/adapter-pg";
import type { Database } from "./database.ts";
import { PrismaClient } from "./generated/client.ts";

export type { PrismaClient } from "./generated/client.ts";

/** Prisma over the database's own pool: closing it leaves the pool open. Not for the hot paths (its transactions have short limits). */
export const createPrisma = (database: Database): PrismaClient => new PrismaClient({ adapter: new PrismaPg(database.pool) });
