import pg from "pg";

export type Listener = {
  /** From now on, over reconnects. The channel counts as notified once when it is listened to, and after each reconnect: what came before is lost. */
  listen(channel: string): void;
  unlisten(channel: string): void;
  close(): Promise<void>;
};

const firstRetryMs = 100;
const longestRetryMs = 5_000;
const connectionTimeoutMs = 10_000;

/**
 * Calls `onNotify` at each NOTIFY of any process on a channel that is listened to, over one connection, which is opened with the first
 * channel. Never throws: a connection that fails is tried again until `close`, and whoever listens also polls.
 */
export const createListener = (url: string, onNotify: (channel: string) => void): Listener => {
  const wanted = new Set<string>();
  let running: Promise<void> | undefined;
  let closed = false;
  /** Ends the current rest, if any. */
  let wake: () => void = () => undefined;

  /** Until woken, or for that long. */
  const rest = (milliseconds?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** Returns when the connection was lost or everything was closed. */
  const listenOn = async (client: pg.Client, onConnected: () => void): Promise<void> => {
    let lost = false;
    const onLost = (): void => {
      lost = true;
      wake();
    };
    client.on("error", onLost);
    client.on("end", onLost);
    client.on("notification", ({ channel }) => {
      if (wanted.has(channel)) onNotify(channel);
    });
    await client.connect();
    onConnected();
    const heard = new Set<string>();
    while (!lost && !closed) {
      const channel = [...wanted, ...heard].find((each) => wanted.has(each) !== heard.has(each));
      if (channel === undefined) {
        await rest();
      } else if (wanted.has(channel)) {
        await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
        heard.add(channel);
        onNotify(channel);
      } else {
        await client.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`);
        heard.delete(channel);
      }
    }
  };

  const run = async (): Promise<void> => {
    for (let delayMs = firstRetryMs; !closed; delayMs = Math.min(2 * delayMs, longestRetryMs)) {
      const client = new pg.Client({ connectionString: url, application_name: "finality listen", keepAlive: true, connectionTimeoutMillis: connectionTimeoutMs });
      const onConnected = (): void => {
        delayMs = firstRetryMs;
      };
      await listenOn(client, onConnected).catch(() => undefined);
      await client.end().catch(() => undefined);
      if (!closed) await rest(delayMs);
    }
  };

  return {
    listen: (channel) => {
      wanted.add(channel);
      running ??= run();
      wake();
    },
    unlisten: (channel) => {
      wanted.delete(channel);
      wake();
    },
    close: async () => {
      closed = true;
      wake();
      await running;
    },
  };
};
