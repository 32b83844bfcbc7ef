/** A string literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A path for `read_parquet` and its like, which take `*`, `?` and `[` for patterns. */
export const pathLiteral = (path: string): string => literal(path.replace(/[*?[]/g, "[$&]"));

export const listOf = (texts: readonly string[]): string => `[${texts.map(literal).join(", ")}]::VARCHAR[]`;
