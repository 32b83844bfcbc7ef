import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { pathLiteral } from "../duckdb/sql-text.ts";
import { blobAt, doubles } from "../duckdb/vectors.ts";
import { chunksOf, type RangeFile, type Span, windowsIn } from "./windows.ts";

/** Bodies of one record type in order of position. */
export interface Bodies {
  /** Undefined where the file has none. Positions asked for rise. */
  take(position: number): Promise<Uint8Array | undefined>;
}

/** `encode` gives the text's bytes as they are; the string door would drop a byte order mark. */
const select = (path: string, { from, to }: Span): string =>
  `SELECT position::DOUBLE, encode(body) FROM read_parquet(${pathLiteral(path)}) WHERE position BETWEEN ${String(from)} AND ${String(to)}`;

export const openBodies = async (connection: DuckDBConnection, file: RangeFile, span: Span): Promise<Bodies> => {
  const chunks = chunksOf(connection, file.path, await windowsIn(connection, file, span), (window) => select(file.path, window));
  let chunk: DuckDBDataChunk | undefined;
  let [positions, row]: [Float64Array, number] = [new Float64Array(), 0];
  const advance = async (): Promise<boolean> => {
    const next = await chunks.next();
    chunk = next.done === true ? undefined : next.value;
    positions = chunk === undefined ? new Float64Array() : doubles(chunk, 0);
    row = 0;
    return chunk !== undefined;
  };
  return {
    take: async (position) => {
      for (;;) {
        while (row < positions.length && (positions[row] ?? NaN) < position) row++;
        if (row < positions.length) return chunk !== undefined && positions[row] === position ? blobAt(chunk, 1, row) : undefined;
        if (!(await advance())) return undefined;
      }
    },
  };
};
