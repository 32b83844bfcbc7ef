/** Calls that have not ended. kafkajs connects again for one that goes on behind a disconnect, and nobody would ever close that. */
export type UnderWay = {
  /** Answers what `work` answers. */
  keep<Result>(work: Promise<Result>): Promise<Result>;
  /** When all that are kept now have ended, well or not. */
  ended(): Promise<void>;
};

export const createUnderWay = (): UnderWay => {
  const all = new Set<Promise<unknown>>();
  return {
    keep: (work) => {
      const settled = work.catch(() => undefined).finally(() => all.delete(settled));
      all.add(settled);
      return work;
    },
    ended: async () => {
      await Promise.all(all);
    },
  };
};
