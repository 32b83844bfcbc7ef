import pg from "pg";
import { binaryRows, copyOut, type BinaryFields } from "./copy-out.ts";
import { DatabaseError, isDefiniteRefusal, placeOf, toDatabaseError } from "./errors.ts";
import { valueTypes } from "./value-types.ts";

export type Row = pg.QueryResultRow;

export type Rows<R> = {
  readonly rows: readonly R[];
  /** Rows returned, inserted, updated or deleted. */
  readonly rowCount: number;
};

/** A statement with a name is planned once a connection: for the hot paths. */
export type Statement = { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] };

/** Runs statements. `R` is what the statement's columns are: int8 as number, bytea as Buffer, numeric as string. */
export type Queryable = {
  query<R extends Row>(statement: string | Statement, values?: readonly unknown[]): Promise<Rows<R>>;
};

export type Database = Queryable & {
  readonly url: string;
  /** host:port/database, for messages. */
  readonly place: string;
  /** For libraries that want a pg pool. What they throw are pg's own errors. */
  readonly pool: pg.Pool;
  /**
   * Runs `work` between BEGIN and COMMIT on one connection. What `work` throws rolls back and is thrown on.
   * Throws DatabaseError "commit_unknown" when the connection failed during COMMIT: read back, do not repeat.
   */
  transaction<T>(work: (client: Queryable) => Promise<T>): Promise<T>;
  /**
   * The rows of a select, which is planned each time and has its values written into it (`textLiteral`); `row` takes the fields of one
   * row in their order. For many rows: bytes come as they are, and not in hexadecimal.
   */
  copy<R>(select: string, row: (fields: BinaryFields) => R): Promise<readonly R[]>;
  /** Waits for queries under way and closes the connections. Calling it again does nothing. */
  close(): Promise<void>;
};

/** A text as SQL has it, for statements that take no parameters. */
export const textLiteral = (text: string): string => pg.escapeLiteral(text);

export type DatabaseOptions = {
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most, >= 1. */
  readonly max: number;
  /** The connection acts as this role from its first statement (SET ROLE); the URL's user must be a member of it. */
  readonly role?: string;
};

const connectionTimeoutMs = 10_000;
/** A transaction that says nothing for so long is one of a process that is gone or stands still: its locks would hold up whoever takes a log over. */
const idleInTransactionMs = 60_000;
/** The system's own default notices after two hours that the other machine is gone. */
const keepAliveAfterMs = 10_000;

/** Several statements in one text (a migration) are answered by a list, which pg's types leave out. */
const lastOf = <R extends Row>(answer: pg.QueryResult<R> | readonly pg.QueryResult<R>[]): pg.QueryResult<R> | undefined =>
  "rows" in answer ? answer : answer.at(-1);

const runner = (target: pg.Pool | pg.PoolClient, place: string): Queryable["query"] => {
  return async <R extends Row>(statement: string | Statement, values?: readonly unknown[]): Promise<Rows<R>> => {
    const { text, name, values: own } = typeof statement === "string" ? { text: statement, name: undefined, values: undefined } : statement;
    const config: pg.QueryConfig = { text, values: [...(values ?? own ?? [])] };
    try {
      const result = lastOf(await target.query<R>(name === undefined ? config : { ...config, name }));
      return { rows: result?.rows ?? [], rowCount: result?.rowCount ?? 0 };
    } catch (error) {
      throw toDatabaseError(error, place);
    }
  };
};

const connect = async (pool: pg.Pool, place: string): Promise<pg.PoolClient> => {
  try {
    return await pool.connect();
  } catch (error) {
    throw toDatabaseError(error, place);
  }
};

const commit = async (client: pg.PoolClient, place: string): Promise<void> => {
  let command: string;
  try {
    ({ command } = await client.query("COMMIT"));
  } catch (error) {
    const known = toDatabaseError(error, place);
    if (isDefiniteRefusal(known)) throw known;
    throw new DatabaseError("commit_unknown", `The connection to ${place} failed during COMMIT: it may or may not have happened. Read back before going on.`, {
      sqlState: known.sqlState,
      cause: known,
    });
  }
  // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error: somebody swallowed a statement's error.
  if (command !== "COMMIT") throw new DatabaseError("statement", `The transaction on ${place} was rolled back because a statement in it had failed.`);
};

/** `work` on one connection of the pool; `onLost` says that nobody is to have it afterwards. */
const onOneConnection = async <T>(pool: pg.Pool, place: string, work: (client: pg.PoolClient, onLost: () => void) => Promise<T>): Promise<T> => {
  const client = await connect(pool, place);
  let broken = false;
  const onLost = (): void => {
    broken = true;
  };
  // While a client is out of its pool nobody else listens: one that dies between two statements would end the process.
  client.on("error", onLost);
  try {
    return await work(client, onLost);
  } finally {
    client.off("error", onLost);
    client.release(broken);
  }
};

const transaction = <T>(pool: pg.Pool, place: string, work: (client: Queryable) => Promise<T>): Promise<T> =>
  onOneConnection(pool, place, async (client, onLost) => {
    const query = runner(client, place);
    try {
      await query("BEGIN");
      let result: T;
      try {
        result = await work({ query });
      } catch (error) {
        // A ROLLBACK that fails says only that the connection is gone, and the transaction with it.
        await client.query("ROLLBACK").catch(onLost);
        throw error;
      }
      await commit(client, place);
      return result;
    } catch (error) {
      if (error instanceof DatabaseError && (error.code === "connection" || error.code === "commit_unknown")) onLost();
      throw error;
    }
  });

const copiedOut = (pool: pg.Pool, place: string, select: string): Promise<Buffer> =>
  onOneConnection(pool, place, async (client, onLost) => {
    try {
      return await copyOut(client, select);
    } catch (error) {
      // What may be left of the answer on this connection is nobody's to read.
      onLost();
      throw toDatabaseError(error, place);
    }
  });

/** One pool a process and role. Connects when first used; nothing is thrown here for a server that is away. */
export const openDatabase = (url: string, { applicationName, max, role }: DatabaseOptions): Database => {
  const place = placeOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    types: valueTypes,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    connectionTimeoutMillis: connectionTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    ...(role === undefined ? {} : { options: `-c role=${role}` }),
  });
  // An idle connection that dies has left the pool already; the next query opens another and reports what is wrong.
  pool.on("error", () => undefined);
  let closing: Promise<void> | undefined;
  return {
    url,
    place,
    pool,
    query: runner(pool, place),
    transaction: (work) => transaction(pool, place, work),
    copy: async (select, row) => binaryRows(await copiedOut(pool, place, select), row),
    close: () => (closing ??= pool.end()),
  };
};
