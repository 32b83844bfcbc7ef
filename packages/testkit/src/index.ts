export { eventually, type EventuallyOptions } from "./eventually.ts";
export { privatePostgres, type PrivatePostgres } from "./private-postgres.ts";
export { seededRandom, type SeededRandom } from "./seeded-random.ts";
export { testDatabase, type TestDatabase } from "./test-database.ts";
