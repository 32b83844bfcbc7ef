/** A pivot below this part of its diagonal is what rounding left of a column that others explain. */
const SMALLEST_PIVOT = 1e-13;

/**
 * Inverse of a small symmetric positive definite matrix, rows one after another, by its Cholesky factor; undefined when it is not
 * positive definite to rounding.
 */
export const inverseOf = (matrix: Float64Array, size: number): Float64Array | undefined => {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * size + column] ?? NaN;
      for (let k = 0; k < column; k += 1) sum -= (factor[row * size + k] ?? NaN) * (factor[column * size + k] ?? NaN);
      if (row === column && !(sum > SMALLEST_PIVOT * (matrix[row * size + row] ?? NaN))) return undefined;
      factor[row * size + column] = row === column ? Math.sqrt(sum) : sum / (factor[column * size + column] ?? NaN);
    }
  }
  const inverse = new Float64Array(size * size);
  const column = new Float64Array(size);
  for (let unit = 0; unit < size; unit += 1) {
    for (let row = 0; row < size; row += 1) {
      let sum = row === unit ? 1 : 0;
      for (let k = 0; k < row; k += 1) sum -= (factor[row * size + k] ?? NaN) * (column[k] ?? NaN);
      column[row] = sum / (factor[row * size + row] ?? NaN);
    }
    for (let row = size - 1; row >= 0; row -= 1) {
      let sum = column[row] ?? NaN;
      for (let k = row + 1; k < size; k += 1) sum -= (factor[k * size + row] ?? NaN) * (column[k] ?? NaN);
      column[row] = sum / (factor[row * size + row] ?? NaN);
    }
    for (let row = 0; row < size; row += 1) inverse[row * size + unit] = column[row] ?? NaN;
  }
  return inverse;
};

/** matrix × vector. */
export const product = (matrix: Float64Array, vector: Float64Array): Float64Array => {
  const size = vector.length;
  const result = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    let sum = 0;
    for (let column = 0; column < size; column += 1) sum += (matrix[row * size + column] ?? NaN) * (vector[column] ?? NaN);
    result[row] = sum;
  }
  return result;
};

/** outer × inner × outer, all symmetric and of one size: the sandwich of robust standard errors. Only its diagonal. */
export const sandwichDiagonal = (outer: Float64Array, inner: Float64Array, size: number): Float64Array => {
  const diagonal = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    const line = outer.subarray(row * size, (row + 1) * size);
    const through = product(inner, line);
    let sum = 0;
    for (let column = 0; column < size; column += 1) sum += (line[column] ?? NaN) * (through[column] ?? NaN);
    diagonal[row] = sum;
  }
  return diagonal;
};
