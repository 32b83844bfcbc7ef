import { log, log1p } from "../kernels/logarithm.ts";
import type { LeastSquares } from "./least-squares.ts";
import type { SmileData } from "./smile-quotes.ts";
import { ssviSteepness, type Ssvi, type SsviShape } from "./ssvi.ts";

/** The fit's parameters: rho, the shape's two (the second stays 0 where there is one), then by how much θ rises at each expiry. */
const RHO = 0;
const FIRST = 1;
const SECOND = 2;
const RISES = 3;

export type ShapeKind = SsviShape["kind"];

export const ssviOfParameters = (p: Float64Array, kind: ShapeKind): Ssvi => {
  const rho = p[RHO] ?? NaN;
  const first = p[FIRST] ?? NaN;
  if (kind === "heston") return { rho, shape: { kind, lambda: first } };
  return { rho, shape: kind === "square_root" ? { kind, eta: first } : { kind, eta: first, gamma: p[SECOND] ?? NaN } };
};

/** θ of each expiry, rising. */
export const thetasOfParameters = (p: Float64Array): readonly number[] => {
  let theta = 0;
  return [...p.subarray(RISES)].map((rise) => (theta += rise));
};

// Of one expiry: φ and how it changes by the shape's parameters and by θ. Written and read within one call.
const steepness = { phi: NaN, byFirst: NaN, bySecond: NaN, byTheta: NaN };
const STEP = 1e-6;

const writeSteepness = (shape: SsviShape, theta: number): void => {
  const phi = ssviSteepness(shape, theta);
  steepness.phi = phi;
  steepness.bySecond = 0;
  if (shape.kind === "heston") {
    // h(λ θ) has no simpler slope near 0 than a difference of its own series.
    const slope = (ssviSteepness(shape, theta * (1 + STEP)) - ssviSteepness(shape, theta * (1 - STEP))) / (2 * STEP);
    steepness.byTheta = slope / theta;
    steepness.byFirst = slope / shape.lambda;
    return;
  }
  const gamma = shape.kind === "square_root" ? 0.5 : shape.gamma;
  const far = shape.kind === "square_root" ? 0 : 1 - gamma;
  steepness.byFirst = phi / shape.eta;
  steepness.byTheta = phi * (-gamma / theta - far / (1 + theta));
  if (shape.kind === "power_law") steepness.bySecond = phi * (log1p(theta) - log(theta));
};

/** Bounds: rho short of ±1, eta and lambda where any market has them, gamma between 0 and 1, θ never falling. */
const boundsOf = (kind: ShapeKind, expiries: number): { lower: Float64Array; upper: Float64Array } => ({
  lower: Float64Array.of(-0.9999, kind === "heston" ? 1e-6 : 1e-4, 0, 1e-12, ...Array.from({ length: expiries - 1 }, () => 0)),
  upper: Float64Array.of(0.9999, kind === "heston" ? 1e6 : 1e3, kind === "power_law" ? 1 : 0, ...Array.from({ length: expiries }, () => Infinity)),
});

const addRow = (row: Float64Array, residual: number, normal: Float64Array, gradient: Float64Array): void => {
  const size = row.length;
  for (let i = 0; i < size; i += 1) {
    const left = row[i] ?? NaN;
    if (left === 0) continue;
    gradient[i] = (gradient[i] ?? NaN) + left * residual;
    for (let j = 0; j <= i; j += 1) normal[i * size + j] = (normal[i * size + j] ?? NaN) + left * (row[j] ?? NaN);
  }
};

/** Both conditions are held below 4 by this part, so that what a penalty of finite weight leaves undone is no violation. */
const MARGIN = 1e-4;
const LIMIT = 4 * (1 - MARGIN);

/** The fit of all expiries: each quote's vol error in its bid–ask widths, and `conditionWeight` times what each condition is missed by. */
export const ssviProblem = (slices: readonly SmileData[], kind: ShapeKind, conditionWeight: number): LeastSquares => {
  const size = RISES + slices.length;
  const row = new Float64Array(size);

  const writeRow = (factor: number, byRho: number, byPhi: number, byTheta: number, slice: number): void => {
    row[RHO] = factor * byRho;
    row[FIRST] = factor * byPhi * steepness.byFirst;
    row[SECOND] = factor * byPhi * steepness.bySecond;
    const total = factor * (byTheta + byPhi * steepness.byTheta);
    for (let j = 0; j < slices.length; j += 1) row[RISES + j] = j <= slice ? total : 0;
  };

  const quoteRow = (rho: number, theta: number, slice: number, data: SmileData, i: number): number => {
    const k = data.logMoneyness[i] ?? NaN;
    const width = data.widthVol[i] ?? NaN;
    const z = steepness.phi * k;
    const root = Math.sqrt((z + rho) * (z + rho) + (1 - rho) * (1 + rho));
    const shape = 1 + rho * z + root;
    const vol = Math.sqrt((0.5 * theta * shape) / data.yearsToExpiry);
    const byZ = 0.5 * theta * (rho + (z + rho) / root);
    writeRow(1 / (2 * vol * data.yearsToExpiry * width), 0.5 * theta * (z + z / root), byZ * k, 0.5 * shape, slice);
    return (vol - (data.midVol[i] ?? NaN)) / width;
  };

  /** 0: θ φ (1 + |ρ|); 1: the same times φ. */
  const conditionRow = (rho: number, theta: number, slice: number, power: number): number => {
    const { phi } = steepness;
    const scale = power === 0 ? 1 : phi;
    const lean = 1 + Math.abs(rho);
    const short = theta * phi * scale * lean - LIMIT;
    if (short <= 0) return 0;
    writeRow(conditionWeight, theta * phi * scale * Math.sign(rho), (1 + power) * theta * lean * scale, phi * scale * lean, slice);
    return conditionWeight * short;
  };

  const visit = (p: Float64Array, add: ((residual: number) => void) | undefined): number => {
    const { rho, shape } = ssviOfParameters(p, kind);
    let sum = 0;
    for (const [slice, theta] of thetasOfParameters(p).entries()) {
      const data = slices[slice];
      if (data === undefined) continue;
      writeSteepness(shape, theta);
      for (let i = 0; i < data.count; i += 1) {
        const residual = quoteRow(rho, theta, slice, data, i);
        sum += residual * residual;
        add?.(residual);
      }
      for (let power = 0; power <= 1; power += 1) {
        const residual = conditionRow(rho, theta, slice, power);
        sum += residual * residual;
        if (residual > 0) add?.(residual);
      }
    }
    return 0.5 * sum;
  };

  return {
    ...boundsOf(kind, slices.length),
    bandwidth: size,
    cost: (p) => visit(p, undefined),
    linearise: (p, normal, gradient) => {
      normal.fill(0);
      gradient.fill(0);
      return visit(p, (residual) => {
        addRow(row, residual, normal, gradient);
      });
    },
  };
};
