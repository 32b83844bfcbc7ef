/** What this engine means by a record (rule 31). Raised exactly when golden decisions change. */
export const semantics = 2;
