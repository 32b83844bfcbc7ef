import { median } from "./measurement.ts";

/** How long the work took, milliseconds. */
export const elapsedMs = async (work: () => unknown): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

export type Contest = {
  readonly subject: (round: number) => unknown;
  readonly baseline: (round: number) => unknown;
  /** Counted rounds, >= 1. One more, the first, warms both up. */
  readonly rounds: number;
};

/** Median milliseconds of both, run in turn; who goes first alternates, so that neither always finds the warmer machine. */
export const alternate = async ({ subject, baseline, rounds }: Contest): Promise<{ readonly subjectMs: number; readonly baselineMs: number }> => {
  const subjectMs: number[] = [];
  const baselineMs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const runSubject = async (): Promise<void> => void subjectMs.push(await elapsedMs(() => subject(round)));
    const runBaseline = async (): Promise<void> => void baselineMs.push(await elapsedMs(() => baseline(round)));
    // The subject goes first in the warm-up: a baseline may be made of what it left.
    for (const run of round % 2 === 0 ? [runSubject, runBaseline] : [runBaseline, runSubject]) await run();
  }
  return { subjectMs: median(subjectMs.slice(1)), baselineMs: median(baselineMs.slice(1)) };
};
