import type { Database } from "./database.ts";
import { createListener } from "./listen.ts";

export type Notifier = {
  /**
   * Call after the commit. Wakes this process's subscribers and, over the database, those of other processes' listening notifiers (rule 8).
   * Calls while one is under way become one. Never throws: polling is the guarantee, a lost notification costs one poll interval.
   */
  notify(channel: string): void;
  /** Called in this process at each notify, without the database, and when listening also at those of other processes; perhaps twice. Returns how to stop it. */
  subscribe(channel: string, listener: () => void): () => void;
  /** Resolves when what was notified has been sent or has failed. */
  settled(): Promise<void>;
  /** Sends what was notified, then hears nothing any more from other processes. */
  close(): Promise<void>;
};

export type NotifierOptions = {
  /** Hears other processes too: one connection beside the pool for all subscribers, opened with the first, and again when it is lost. Default: off. */
  readonly listening?: boolean;
};

/** Coalesced NOTIFY beside the transactions, never inside them: there it would serialise commits. */
export const createNotifier = (database: Database, { listening = false }: NotifierOptions = {}): Notifier => {
  const listeners = new Map<string, Set<() => void>>();
  const sending = new Map<string, Promise<void>>();
  const again = new Set<string>();

  const wake = (channel: string): void => {
    for (const listener of listeners.get(channel) ?? []) queueMicrotask(listener);
  };
  const others = listening ? createListener(database.url, wake) : undefined;

  const send = async (channel: string): Promise<void> => {
    do {
      again.delete(channel);
      try {
        await database.query({ name: "notify", text: "SELECT pg_notify($1, '')", values: [channel] });
      } catch {
        // Whoever listens also polls; the writer must not fail because a wake-up did.
      }
    } while (again.has(channel));
    sending.delete(channel);
  };

  const settled = async (): Promise<void> => {
    await Promise.all(sending.values());
  };
  return {
    notify: (channel) => {
      wake(channel);
      if (sending.has(channel)) again.add(channel);
      else sending.set(channel, send(channel));
    },
    subscribe: (channel, listener) => {
      const own = listeners.get(channel) ?? new Set();
      listeners.set(channel, own.add(listener));
      others?.listen(channel);
      return () => {
        own.delete(listener);
        if (own.size > 0 || listeners.get(channel) !== own) return;
        listeners.delete(channel);
        others?.unlisten(channel);
      };
    },
    settled,
    close: async () => {
      await settled();
      await others?.close();
    },
  };
};
