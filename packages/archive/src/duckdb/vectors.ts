import { DuckDBBlobVector, type DuckDBDataChunk } from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";
import { invariant } from "@finality/domain";

// Whole columns of a chunk as typed arrays, by the bindings below DuckDB's classes: these hand out columns value by value, with a look at
// the validity bits for each. The statements that are read this way leave no NULL in such columns, and name their types.

/** The bindings answer a `Buffer`, whose own methods are not those of an array of bytes. */
const window = (chunk: DuckDBDataChunk, column: number, itemBytes: number): Uint8Array =>
  bindings.vector_get_data(bindings.data_chunk_get_vector(chunk.chunk, column), chunk.rowCount * itemBytes);

/** A DOUBLE column; a copy that outlives its chunk, as the others are. */
export const doubles = (chunk: DuckDBDataChunk, column: number): Float64Array => {
  const { buffer, byteOffset } = window(chunk, column, Float64Array.BYTES_PER_ELEMENT);
  return new Float64Array(buffer, byteOffset, chunk.rowCount);
};

/** A UINTEGER column. */
export const integers = (chunk: DuckDBDataChunk, column: number): Uint32Array => {
  const { buffer, byteOffset } = window(chunk, column, Uint32Array.BYTES_PER_ELEMENT);
  return new Uint32Array(buffer, byteOffset, chunk.rowCount);
};

/** A UTINYINT column. */
export const bytesOf = (chunk: DuckDBDataChunk, column: number): Uint8Array => {
  const { buffer, byteOffset } = window(chunk, column, Uint8Array.BYTES_PER_ELEMENT);
  return new Uint8Array(buffer, byteOffset, chunk.rowCount);
};

/** Writes the first `count` items to a column without NULLs whose type is as wide as the items. */
export const fillColumn = (chunk: DuckDBDataChunk, column: number, { buffer, byteOffset, BYTES_PER_ELEMENT }: Column, count: number): void => {
  bindings.copy_data_to_vector(bindings.data_chunk_get_vector(chunk.chunk, column), 0, buffer, byteOffset, count * BYTES_PER_ELEMENT);
};

export type Column = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** One BLOB; undefined for NULL. */
export const blobAt = (chunk: DuckDBDataChunk, column: number, row: number): Buffer | undefined => {
  const vector = chunk.getColumnVector(column);
  invariant(vector instanceof DuckDBBlobVector, "the column is BLOB");
  const bytes = vector.getItemBytes(row);
  return bytes === null ? undefined : Buffer.from(bytes);
};
