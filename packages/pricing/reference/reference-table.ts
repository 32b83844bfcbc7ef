/** A table of reference values as it lies in `reference/`: named columns, rows of numbers and words. */
export type ReferenceTable = {
  readonly columns: readonly string[];
  /** Cells are numbers, decimal strings, words or truth values; a list in a cell is not read here. */
  readonly rows: readonly (readonly unknown[])[];
};

export type ReferenceRow = {
  /** The number in a column; decimal strings (very small values) are read as the nearest double, an empty cell as NaN. */
  readonly number: (column: string) => number;
  readonly text: (column: string) => string;
};

/** The rows of a table by column name. Throws RangeError for a column that it does not have. */
export const referenceRows = (table: ReferenceTable): readonly ReferenceRow[] =>
  table.rows.map((row) => {
    const cell = (column: string): unknown => {
      const value = row[table.columns.indexOf(column)];
      if (value === undefined) throw new RangeError(`No column ${column} in this reference table`);
      return value;
    };
    return {
      number: (column) => {
        const value = cell(column);
        return value === null ? NaN : Number(value);
      },
      text: (column) => String(cell(column)),
    };
  });
