import { placeOf, toDatabaseError, type Queryable, type Row, type Rows } from "@finality/database";
import pg from "pg";

/**
 * One member's connection: it holds the advisory locks of its partitions and hears the notifications. Whoever loses it owns nothing,
 * because PostgreSQL frees the locks with the connection.
 */
export type Session = Queryable & {
  /** True once the connection is gone. */
  readonly isLost: () => boolean;
  /** Frees all locks and disconnects; what fails on the way ends the connection all the same. */
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly url: string;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  readonly channels: readonly string[];
  readonly onNotify: () => void;
  readonly onLost: () => void;
};

const connectionTimeoutMs = 10_000;

/** Throws DatabaseError. */
export const openSession = async ({ url, applicationName, channels, onNotify, onLost }: SessionOptions): Promise<Session> => {
  const client = new pg.Client({ connectionString: url, application_name: applicationName, keepAlive: true, connectionTimeoutMillis: connectionTimeoutMs });
  let lost = false;
  const lose = (): void => {
    if (lost) return;
    lost = true;
    onLost();
  };
  client.on("error", lose);
  client.on("end", lose);
  client.on("notification", onNotify);

  const query = async <R extends Row>(statement: Parameters<Queryable["query"]>[0], values?: readonly unknown[]): Promise<Rows<R>> => {
    const { text, values: own } = typeof statement === "string" ? { text: statement, values: undefined } : statement;
    try {
      const result = await client.query<R>(text, [...(values ?? own ?? [])]);
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    } catch (error) {
      throw toDatabaseError(error, placeOf(url));
    }
  };
  const close = async (): Promise<void> => {
    // Freed by statement, so that the next owner need not wait for the server to notice that the connection has gone.
    if (!lost) await client.query("SELECT pg_advisory_unlock_all()").catch(() => undefined);
    await client.end().catch(() => undefined);
  };

  try {
    await client.connect();
    for (const channel of channels) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw toDatabaseError(error, placeOf(url));
  }
  return { query, close, isLost: () => lost };
};

/** Tries the locks of `partitions` for the group and returns those that this session got. It must not hold them already. */
export const takePartitions = async (session: Session, group: string, partitions: readonly number[]): Promise<readonly number[]> => {
  if (partitions.length === 0) return [];
  const { rows } = await session.query<{ readonly partition: number; readonly taken: boolean }>(
    "SELECT partition, pg_try_advisory_lock(hashtextextended('finality bus ' || $1 || ' ' || partition, 0)) AS taken FROM unnest($2::int[]) partition",
    [group, partitions],
  );
  return rows.filter(({ taken }) => taken).map(({ partition }) => partition);
};
