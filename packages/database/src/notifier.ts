import type { Database } from "./database.ts";

export type Notifier = {
  /**
   * Call after the commit. Wakes this process's subscribers and, over its own connection, the other processes' listeners (rule 8).
   * Calls while one is under way become one. Never throws: polling is the guarantee, a lost notification costs one poll interval.
   */
  notify(channel: string): void;
  /** Called in this process at each notify, without the database. Returns how to stop it. */
  subscribe(channel: string, listener: () => void): () => void;
  /** Resolves when what was notified has been sent or has failed. */
  settled(): Promise<void>;
};

/** Coalesced NOTIFY beside the transactions, never inside them: there it would serialise commits. */
export const createNotifier = (database: Database): Notifier => {
  const listeners = new Map<string, Set<() => void>>();
  const sending = new Map<string, Promise<void>>();
  const again = new Set<string>();

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

  return {
    notify: (channel) => {
      for (const listener of listeners.get(channel) ?? []) queueMicrotask(listener);
      if (sending.has(channel)) again.add(channel);
      else sending.set(channel, send(channel));
    },
    subscribe: (channel, listener) => {
      const own = listeners.get(channel) ?? new Set();
      listeners.set(channel, own.add(listener));
      return () => own.delete(listener);
    },
    settled: async () => {
      await Promise.all(sending.values());
    },
  };
};
