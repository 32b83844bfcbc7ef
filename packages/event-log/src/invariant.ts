/** A condition that only a bug can break. The message states the true rule. */
export const invariant: (condition: boolean, rule: string) => asserts condition = (condition, rule) => {
  if (!condition) throw new Error(`Invariant: ${rule}.`);
};
