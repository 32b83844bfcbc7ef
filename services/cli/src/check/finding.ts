/** A rule that does not hold, as one sentence that names where. */
export type Finding = { readonly log: string; readonly rule: Rule; readonly says: string };

/** What is checked of each log. */
export const rules = {
  positions: "positions are contiguous, every hash and decision is as recomputed",
  sources: "every source message is one record, one dead letter, partly each, or a counted duplicate",
  commands: "every command has one final outcome, and at most one order at the venue",
  positions_at_venue: "the venue's fills and positions are the log's",
  halts: "nothing was sent after a halt was acknowledged",
  read_models: "read models are those of a fresh rebuild",
} as const;
export type Rule = keyof typeof rules;

/** How many findings of one rule and log are told one by one. */
const toldMax = 5;

/** The first few as sentences, the others as a number. */
export const findingsOf = (log: string, rule: Rule, sentences: readonly string[]): readonly Finding[] => {
  const told = sentences.slice(0, toldMax).map((says) => ({ log, rule, says }));
  const more = sentences.length - told.length;
  return more === 0 ? told : [...told, { log, rule, says: `and ${String(more)} more` }];
};
