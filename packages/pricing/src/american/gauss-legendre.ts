/** Points on (0, 1), rising, and the weights of their values. */
export type QuadratureRule = { readonly points: Float64Array; readonly weights: Float64Array };

const HALF_PI = 1.5707963267948966;
/** The series' last term at half pi is below 1e-20. */
const COSINE_TERMS = 15;
const NEWTON_STEPS = 6;

/** Cosine on [0, pi/2] by its Taylor series, absolute error below 7e-16: sums and products alone, so the same bits everywhere. */
const cosineOfAcute = (angle: number): number => {
  const square = angle * angle;
  let sum = 1;
  for (let k = COSINE_TERMS; k >= 1; k -= 1) sum = 1 - (square / (2 * k * (2 * k - 1))) * sum;
  return sum;
};

/** cos(pi × fraction) for a fraction from 0 to 1; exactly 0 at one half, and odd about it. */
export const cosineOfHalfTurns = (fraction: number): number => {
  if (fraction === 0.5) return 0;
  return fraction < 0.5 ? cosineOfAcute(2 * HALF_PI * fraction) : -cosineOfAcute(2 * HALF_PI * (1 - fraction));
};

/** Legendre polynomial of the degree and its derivative, by the three-term recurrence; |x| < 1. */
const legendre = (degree: number, x: number): { readonly value: number; readonly slope: number } => {
  let previous = 1;
  let value = x;
  for (let k = 2; k <= degree; k += 1) {
    const next = ((2 * k - 1) * x * value - (k - 1) * previous) / k;
    previous = value;
    value = next;
  }
  return { value, slope: (degree * (previous - x * value)) / (1 - x * x) };
};

/** The rule of Gauss and Legendre with so many points, at least 2: exact for polynomials up to degree 2 × count - 1. */
export const gaussLegendre = (count: number): QuadratureRule => {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    let x = -cosineOfHalfTurns((index + 0.75) / (count + 0.5));
    for (let step = 0; step < NEWTON_STEPS; step += 1) {
      const { value, slope } = legendre(count, x);
      x -= value / slope;
    }
    const { slope } = legendre(count, x);
    points[index] = 0.5 * (1 + x);
    weights[index] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
};
