import { cosineOfHalfTurns } from "./gauss-legendre.ts";

/** Chebyshev points of the second kind on [0, 1], rising, `count` of them without the first, which is 0. */
export const chebyshevNodes = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => 0.5 * (1 - cosineOfHalfTurns((index + 1) / count)));

/**
 * Writes the weights with which the values at the nodes make the interpolating polynomial's value at `place`, where the polynomial
 * is 0 at 0. Barycentric formula of Berrut and Trefethen (2004).
 */
const writeWeightsAt = (nodes: Float64Array, place: number, weights: Float64Array): void => {
  const last = nodes.length - 1;
  // The node at 0 has weight one half and value 0: it enters the sum alone.
  let sum = 0.5 / place;
  for (let index = 0; index <= last; index += 1) {
    const distance = place - (nodes[index] ?? NaN);
    if (distance === 0) {
      weights.fill(0);
      weights[index] = 1;
      return;
    }
    const weight = ((index % 2 === 0 ? -1 : 1) * (index === last ? 0.5 : 1)) / distance;
    weights[index] = weight;
    sum += weight;
  }
  for (let index = 0; index <= last; index += 1) weights[index] = (weights[index] ?? NaN) / sum;
};

/** One row of weights a place, each place in (0, 1]. */
export const interpolationRows = (nodes: Float64Array, places: readonly number[]): Float64Array => {
  const rows = new Float64Array(places.length * nodes.length);
  for (const [index, place] of places.entries()) writeWeightsAt(nodes, place, rows.subarray(index * nodes.length, (index + 1) * nodes.length));
  return rows;
};
