/** Microseconds since 1970 that never fall and are evenly spaced: a wall clock read once, then the monotonic one. */
export const steadyWallClock = (): (() => number) => {
  const originMs = Date.now() - performance.now();
  return () => Math.round((originMs + performance.now()) * 1_000);
};
