/** Rounds are repeated for about so long; the least of them is what the machine can do when nothing disturbs it. */
const MEASURED_FOR_MS = 400;
const ROUNDS_MIN = 5;

/** Least nanoseconds an option over many rounds of the same work, after a warm-up. */
export const bestNanoseconds = (options: number, work: () => void): number => {
  const round = (): number => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  };
  const warmUntil = performance.now() + MEASURED_FOR_MS / 4;
  while (performance.now() < warmUntil) work();
  let best = Infinity;
  let spentMs = 0;
  for (let rounds = 0; rounds < ROUNDS_MIN || spentMs < MEASURED_FOR_MS; rounds += 1) {
    const ms = round();
    spentMs += ms;
    best = Math.min(best, ms);
  }
  return (best * 1e6) / options;
};
