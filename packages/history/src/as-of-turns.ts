import { HistoryError } from "./errors.ts";

/** Folds cost a core each: so many at once, so many waiting, and whoever comes then is told so. */
export type FoldTurns = {
  /** Runs the work when it is its turn. Throws HistoryError "busy" where too many wait already. */
  take<T>(work: () => Promise<T>): Promise<T>;
};

export const createFoldTurns = ({ atOnce, waitingMax }: { readonly atOnce: number; readonly waitingMax: number }): FoldTurns => {
  const waiting: (() => void)[] = [];
  let running = 0;
  const begin = async (): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (waiting.length >= waitingMax) throw new HistoryError("busy", `Folds under way: ${String(running)}, waiting for their turn: ${String(waiting.length)}; no more are taken.`);
    // Whoever ends hands its turn on: `running` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    take: async (work) => {
      await begin();
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
};

/** What was computed last under each key, the least recently used one dropped. Two who ask for one thing at a time get one computation; a failure is not kept. */
export type Kept<Value> = { of(key: string, compute: () => Promise<Value>): Promise<Value> };

export const createKept = <Value>(size: number): Kept<Value> => {
  const kept = new Map<string, Promise<Value>>();
  return {
    of: (key, compute) => {
      const known = kept.get(key);
      kept.delete(key);
      const value = known ?? compute();
      // Last in the order of insertion, which is that of use.
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > size && oldest !== undefined) kept.delete(oldest);
      if (known === undefined) value.catch(() => kept.get(key) === value && kept.delete(key));
      return value;
    },
  };
};
