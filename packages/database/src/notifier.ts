import type { Database } from "./database.ts";
import { createListener } from "./listen.ts";

export type Notifier = {
  /**
   * Call after the commit. Wakes this process's subscribers at once and, over the database, those of other processes' listening notifiers
   * (rule 8): the first call goes out at once, calls while one is under way and for a moment after it become one behind that moment.
   * Never throws: polling is the guarantee, a lost notification costs one poll interval.
   */
  notify(channel: string): void;
  /** Called in this process at each notify, without the database, and when listening also at those of other processes; perhaps twice. Returns how to stop it. */
  subscribe(channel: string, listener: () => void): () => void;
  /** Sends at once what waits; resolves when what was notified has been sent or has failed. */
  settled(): Promise<void>;
  /** Sends what was notified, then hears nothing any more from other processes. */
  close(): Promise<void>;
};

export type NotifierOptions = {
  /** Hears other processes too: one connection beside the pool for all subscribers, opened with the first, and again when it is lost. Default: off. */
  readonly listening?: boolean;
  /** From a notification sent to the next on its channel: each costs the server a commit, which a fast writer's appends would wait for. Default: 2. */
  readonly spacingMs?: number;
};

type Channel = {
  sending: Promise<void> | undefined;
  /** Runs while the channel rests behind what was sent. */
  resting: NodeJS.Timeout | undefined;
  /** Something was notified that was not sent. */
  isOwed: boolean;
};

// The transaction of a notification has nothing to keep: it needs not wait for the disk.
const notifyText = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')";

/** Coalesced NOTIFY beside the transactions, never inside them: there it would serialise commits. */
export const createNotifier = (database: Database, { listening = false, spacingMs = 2 }: NotifierOptions = {}): Notifier => {
  const listeners = new Map<string, Set<() => void>>();
  const channels = new Map<string, Channel>();

  const wake = (channel: string): void => {
    for (const listener of listeners.get(channel) ?? []) queueMicrotask(listener);
  };
  const others = listening ? createListener(database.url, wake) : undefined;

  const send = async (name: string, channel: Channel): Promise<void> => {
    channel.isOwed = false;
    try {
      await database.query({ name: "notify", text: notifyText, values: [name] });
    } catch {
      // Whoever listens also polls; the writer must not fail because a wake-up did.
    }
    channel.sending = undefined;
    channel.resting = setTimeout(() => {
      rested(name, channel);
    }, spacingMs);
  };

  const rested = (name: string, channel: Channel): void => {
    clearTimeout(channel.resting);
    channel.resting = undefined;
    if (channel.isOwed) channel.sending = send(name, channel);
    else channels.delete(name);
  };

  const sent = async (name: string, channel: Channel): Promise<void> => {
    await channel.sending;
    while (channel.isOwed) {
      rested(name, channel);
      await channel.sending;
    }
  };

  const settled = async (): Promise<void> => {
    await Promise.all([...channels].map(([name, channel]) => sent(name, channel)));
  };
  return {
    notify: (name) => {
      wake(name);
      const known = channels.get(name);
      if (known !== undefined) {
        known.isOwed = true;
        return;
      }
      const channel: Channel = { sending: undefined, resting: undefined, isOwed: false };
      channels.set(name, channel);
      channel.sending = send(name, channel);
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
      for (const { resting } of channels.values()) clearTimeout(resting);
      channels.clear();
      await others?.close();
    },
  };
};
