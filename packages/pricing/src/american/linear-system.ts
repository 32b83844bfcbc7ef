/**
 * Replaces a square matrix, rows one after another, by its triangular factors. Without exchange of rows: the boundary equations'
 * diagonal dominates, and where it would not, Newton's method does not settle and says so.
 */
export const factorize = (matrix: Float64Array, size: number): void => {
  for (let pivot = 0; pivot < size; pivot += 1) {
    const inverse = 1 / (matrix[pivot * size + pivot] ?? NaN);
    for (let row = pivot + 1; row < size; row += 1) {
      const factor = (matrix[row * size + pivot] ?? NaN) * inverse;
      matrix[row * size + pivot] = factor;
      for (let column = pivot + 1; column < size; column += 1) {
        matrix[row * size + column] = (matrix[row * size + column] ?? NaN) - factor * (matrix[pivot * size + column] ?? NaN);
      }
    }
  }
};

/** Replaces the right-hand side by the solution, from the factors that `factorize` left. */
export const solveFactorized = (factors: Float64Array, rightSide: Float64Array): void => {
  const size = rightSide.length;
  for (let row = 1; row < size; row += 1) {
    let sum = rightSide[row] ?? NaN;
    for (let column = 0; column < row; column += 1) sum -= (factors[row * size + column] ?? NaN) * (rightSide[column] ?? NaN);
    rightSide[row] = sum;
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = rightSide[row] ?? NaN;
    for (let column = row + 1; column < size; column += 1) sum -= (factors[row * size + column] ?? NaN) * (rightSide[column] ?? NaN);
    rightSide[row] = sum / (factors[row * size + row] ?? NaN);
  }
};
