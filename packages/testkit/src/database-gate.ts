import type { Database } from "@finality/database";

export type DatabaseGate = {
  shut(): void;
  open(): void;
  before(database: Database): Database;
};

/** Stands before a database: while it is shut nothing new gets through, as if the process in front of it hung. For one part of a house, where a stopped process would stop all. */
export const databaseGate = (): DatabaseGate => {
  let passage = Promise.resolve();
  let open: () => void = () => undefined;
  return {
    shut: (): void => {
      passage = new Promise((resolve) => {
        open = resolve;
      });
    },
    open: (): void => open(),
    before: (database: Database): Database => ({
      ...database,
      query: async (statement, values) => {
        await passage;
        return database.query(statement, values);
      },
      transaction: async (work) => {
        await passage;
        return database.transaction(work);
      },
    }),
  };
};
