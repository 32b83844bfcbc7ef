import { Redis, type RedisOptions } from "ioredis";

export type RedisPlace = {
  /** `redis://` or `rediss://` (TLS), with user, password and database number where there are any. One Redis or one failover endpoint, no Redis Cluster. */
  readonly url: string;
  /** PEM of the authority that signed the server's certificate, for `rediss://`; default: the system's. */
  readonly ca?: string;
};

const connectTimeoutMs = 10_000;
/** A Redis that hangs: the command may be done all the same, which does no harm. */
const commandTimeoutMs = 3_000;
const keepAliveAfterMs = 10_000;
const longestRetryMs = 1_000;

const commonOptions = ({ url, ca }: RedisPlace): RedisOptions => ({
  connectionName: "finality work-queue",
  lazyConnect: true,
  connectTimeout: connectTimeoutMs,
  keepAlive: keepAliveAfterMs,
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), longestRetryMs),
  // After a failover the endpoint leads elsewhere, while the connection still ends at what is a replica now.
  reconnectOnError: ({ message }) => message.startsWith("READONLY"),
  ...(ca === undefined || !url.startsWith("rediss:") ? {} : { tls: { ca } }),
});

/** Never waits for a connection: a command while there is none, and one whose connection dies, fails. */
export const failFastClient = (place: RedisPlace): Redis =>
  new Redis(place.url, { ...commonOptions(place), enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: commandTimeoutMs });

/** Waits for a connection as long as it takes, as BullMQ's workers want it; they wait for jobs on copies of it. */
export class PatientClient extends Redis {
  readonly #copies = new Set<Redis>();

  constructor(place: RedisPlace) {
    super(place.url, { ...commonOptions(place), maxRetriesPerRequest: null });
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    this.#copies.add(copy);
    copy.once("end", () => this.#copies.delete(copy));
    return copy;
  }

  /** Itself and its copies: whoever still waits for a connection fails. */
  disconnectAll(): void {
    for (const client of [this, ...this.#copies]) client.disconnect();
  }
}

/** Connects, for the first time. Throws what kept it from it; then the client is closed for good. */
export const connectFirst = async (client: Redis): Promise<void> => {
  let reason: Error | undefined;
  const note = (error: Error): void => {
    reason = error;
  };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${String(connectTimeoutMs)} ms`)), connectTimeoutMs);
  client.on("error", note);
  try {
    await Promise.race([client.connect(), late.promise]);
  } catch (error) {
    client.disconnect();
    // What `connect` throws says only that the connection is closed.
    throw reason ?? error;
  } finally {
    clearTimeout(timer);
    client.off("error", note);
  }
};

/** host:port, for messages: a URL may hold a password. */
export const placeOf = ({ url }: RedisPlace): string => {
  const parsed = URL.parse(url);
  return parsed === null ? "a Redis URL that cannot be read" : `${parsed.hostname}:${parsed.port === "" ? "6379" : parsed.port}`;
};

/** What about this Redis may lose jobs before they were done; empty when nothing is known against it. */
export const unsafeSettings = async (client: Redis): Promise<readonly string[]> => {
  const information = await client.info();
  const said = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(information)?.[1];
  const found: string[] = [];
  const policy = said("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") found.push(`it may drop jobs when its memory is full (maxmemory-policy is ${policy}; set it to noeviction)`);
  if (said("aof_enabled") === "0") found.push("it forgets jobs when it restarts (appendonly is no; set it to yes)");
  return found;
};
