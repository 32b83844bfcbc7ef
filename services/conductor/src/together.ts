export type Together = {
  /** Most pieces of work at a time; the others wait their turn. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
};

/** Does several pieces of work side by side. The first that fails stops the others, which are waited for, and is thrown. */
export const together = async (works: readonly ((signal: AbortSignal) => Promise<void>)[], { atOnce, signal }: Together): Promise<void> => {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const left = [...works];
  let failure: { readonly error: unknown } | undefined;
  const workThrough = async (): Promise<void> => {
    for (let work = left.shift(); work !== undefined && !either.aborted; work = left.shift()) {
      try {
        await work(either);
      } catch (error) {
        failure ??= { error };
        failing.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, works.length) }, workThrough));
  if (failure !== undefined) throw failure.error;
};
