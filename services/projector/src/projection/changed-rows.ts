/** Remembers what was last taken under each key, so that only rows that changed are written. */
export class ChangedRows<Row> {
  readonly #keyOf: (row: Row) => string;
  readonly #taken = new Map<string, string>();

  constructor(keyOf: (row: Row) => string) {
    this.#keyOf = keyOf;
  }

  /** Those of `rows` that are new or other than when they were last taken. */
  take(rows: readonly Row[]): readonly Row[] {
    return rows.filter((row) => {
      const key = this.#keyOf(row);
      const text = JSON.stringify(row);
      if (this.#taken.get(key) === text) return false;
      this.#taken.set(key, text);
      return true;
    });
  }
}
