import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { placeOf, toDatabaseError } from "./errors.ts";

export type Listener = { close(): Promise<void> };

const firstRetryMs = 100;
const longestRetryMs = 5_000;

/**
 * Calls `onNotify` at each NOTIFY on `channel`, and after each reconnect, since notifications may have been lost meanwhile.
 * Throws DatabaseError when the first connection fails; later failures are retried until `close`.
 */
export const listen = async (url: string, channel: string, onNotify: () => void): Promise<Listener> => {
  const stopped = new AbortController();
  let current: pg.Client | undefined;
  let reconnecting: Promise<void> = Promise.resolve();

  const connect = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url, application_name: `finality listen ${channel}`, keepAlive: true });
    let lost = false;
    const onLost = (): void => {
      if (lost || current !== client || stopped.signal.aborted) return;
      lost = true;
      reconnecting = reconnect();
    };
    client.on("error", onLost);
    client.on("end", onLost);
    client.on("notification", () => {
      if (!stopped.signal.aborted) onNotify();
    });
    try {
      await client.connect();
      current = client;
      await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      current = undefined;
      await client.end().catch(() => undefined);
      throw toDatabaseError(error, placeOf(url));
    }
    if (stopped.signal.aborted) await client.end();
  };

  const reconnect = async (): Promise<void> => {
    for (let delayMs = firstRetryMs; !stopped.signal.aborted; delayMs = Math.min(2 * delayMs, longestRetryMs)) {
      try {
        await connect();
        if (!stopped.signal.aborted) onNotify();
        return;
      } catch {
        await sleep(delayMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
  };

  await connect();
  return {
    close: async () => {
      stopped.abort();
      await reconnecting;
      await current?.end().catch(() => undefined);
    },
  };
};
