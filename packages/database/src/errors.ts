import pg from "pg";

export type DatabaseErrorCode =
  /** The server cannot be reached, went away, or refuses more connections. Nothing of the transaction was kept. */
  | "connection"
  /** The connection failed while COMMIT was under way: it may or may not have happened. Read back, never send again (rule 3). */
  | "commit_unknown"
  /** A key, check, foreign key or exclusion constraint, or a trigger, refused the statement. */
  | "constraint"
  /** A serialization failure or deadlock: the transaction was rolled back and may be run again. */
  | "conflict"
  /** Any other error of one statement. */
  | "statement"
  | "disk_full"
  | "permission"
  /** An int8 beyond 2^53 - 1 cannot be held exactly in a number. */
  | "number_out_of_range"
  /** A migration failed, or its file differs from what was applied. */
  | "migration"
  | "folder_in_use"
  | "port_in_use"
  /** The embedded PostgreSQL did not come up or did not stop. */
  | "startup"
  | "unsupported_platform";

export type DatabaseErrorDetails = {
  /** PostgreSQL's five letters, when the server answered. */
  readonly sqlState?: string | undefined;
  /** The constraint's name, when `code` is "constraint". */
  readonly constraint?: string | undefined;
  readonly cause?: unknown;
};

/** Everything that fails in this package. The message is one sentence that says what happened and, where it can be known, what to do. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: DatabaseErrorCode;
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;

  constructor(code: DatabaseErrorCode, message: string, details: DatabaseErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.sqlState = details.sqlState;
    this.constraint = details.constraint;
  }
}

/** The server answered and the session goes on: what was asked for certainly did not happen. */
export const isDefiniteRefusal = (error: unknown): boolean =>
  error instanceof DatabaseError && error.sqlState !== undefined && error.code !== "connection";

const disconnectingStates = new Set(["57P01", "57P02", "57P03", "57P05", "53300", "25P03", "25P04"]);

const codeOfState = (state: string): DatabaseErrorCode => {
  if (state === "53100") return "disk_full";
  if (state.startsWith("08") || disconnectingStates.has(state)) return "connection";
  if (state.startsWith("28") || state === "42501") return "permission";
  if (state.startsWith("23")) return "constraint";
  if (state === "40001" || state === "40P01") return "conflict";
  if (state === "3D000") return "connection";
  return "statement";
};

const adviceOf = (code: DatabaseErrorCode, state: string): string => {
  if (code === "disk_full") return " Free space on the disk that holds the database, then start again.";
  if (state === "3D000") return " Create the database or correct its name in the URL.";
  if (state === "53300") return " Raise max_connections or lower the pools' sizes.";
  if (state.startsWith("28")) return " Correct the user and the password in the URL.";
  if (code === "permission") return " Run it with a role that has the right, or grant it.";
  return "";
};

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const ofServer = (error: pg.DatabaseError, where: string): DatabaseError => {
  const state = error.code ?? "";
  const code = codeOfState(state);
  const detail = error.detail === undefined ? "" : ` ${sentence(error.detail)}`;
  const context = error.constraint === undefined ? "" : ` (constraint ${error.constraint})`;
  return new DatabaseError(code, `PostgreSQL at ${where} said: ${sentence(error.message + context)}${detail}${adviceOf(code, state)}`, {
    sqlState: state,
    constraint: error.constraint,
    cause: error,
  });
};

/** What pg and Node throw, as a DatabaseError; one that already is passes unchanged. `where` is host:port/database. */
export const toDatabaseError = (error: unknown, where: string): DatabaseError => {
  if (error instanceof DatabaseError) return error;
  if (error instanceof pg.DatabaseError) return ofServer(error, where);
  const said = error instanceof AggregateError ? error.errors.map(String).join("; ") : error instanceof Error ? error.message : String(error);
  return new DatabaseError("connection", `No connection to PostgreSQL at ${where} (${said}). Check that it is running and that the URL is right.`, {
    cause: error,
  });
};

/** host:port/database of a URL, without user and password, for messages. */
export const placeOf = (url: string): string => {
  if (!URL.canParse(url)) return "an address that is not a URL";
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === "" ? "5432" : port}${pathname}`;
};
