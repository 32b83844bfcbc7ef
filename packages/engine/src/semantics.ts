/** What this engine means by a record (rule 32). Raised exactly when golden decisions change. */
export const semantics = 1;
