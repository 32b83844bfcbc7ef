import type { SmileData } from "./smile-quotes.ts";
import { LEFT, LEVEL, M, RIGHT, SIGMA, SIZE } from "./svi-parameters.ts";
import type { SliceBounds } from "./svi-problem.ts";

/** Sums of a weighted straight regression of total variance on the two arms of the hyperbola. */
type ArmSums = { weight: number; w: number; ww: number; left: number; right: number; leftLeft: number; leftRight: number; rightRight: number; leftW: number; rightW: number };

// Written and read within one call and never across calls, so that the search over m and σ allocates nothing.
const sums: ArmSums = { weight: 0, w: 0, ww: 0, left: 0, right: 0, leftLeft: 0, leftRight: 0, rightRight: 0, leftW: 0, rightW: 0 };
const inner = { left: NaN, right: NaN, a: NaN, cost: NaN };

/** Total variances and weights so that an error of total variance counts, to first order, as its vol error in bid–ask widths. */
type VarianceData = { readonly data: SmileData; readonly totalVariance: Float64Array; readonly weight: Float64Array };

const varianceDataOf = (data: SmileData): VarianceData => ({
  data,
  totalVariance: data.midVol.map((vol) => vol * vol * data.yearsToExpiry),
  weight: data.midVol.map((vol, i) => {
    const perWidth = 2 * vol * data.yearsToExpiry * (data.widthVol[i] ?? NaN);
    return 1 / (perWidth * perWidth);
  }),
});

const writeSums = ({ data, totalVariance, weight }: VarianceData, m: number, sigma: number): void => {
  let s = 0, sw = 0, sww = 0, sl = 0, sr = 0, sll = 0, slr = 0, srr = 0, slw = 0, srw = 0; // prettier-ignore
  const variance = sigma * sigma;
  for (let i = 0; i < data.count; i += 1) {
    const x = (data.logMoneyness[i] ?? NaN) - m;
    const root = Math.sqrt(x * x + variance);
    const right = 0.5 * (root + x);
    const left = 0.5 * (root - x);
    const h = weight[i] ?? NaN;
    const w = totalVariance[i] ?? NaN;
    s += h;
    sw += h * w;
    sww += h * w * w;
    sl += h * left;
    sr += h * right;
    sll += h * left * left;
    slr += h * left * right;
    srr += h * right * right;
    slw += h * left * w;
    srw += h * right * w;
  }
  sums.weight = s;
  sums.w = sw;
  sums.ww = sww - (sw * sw) / s;
  sums.left = sl;
  sums.right = sr;
  sums.leftLeft = sll - (sl * sl) / s;
  sums.leftRight = slr - (sl * sr) / s;
  sums.rightRight = srr - (sr * sr) / s;
  sums.leftW = slw - (sl * sw) / s;
  sums.rightW = srw - (sr * sw) / s;
};

const costAt = (left: number, right: number): number =>
  0.5 * (sums.ww + left * left * sums.leftLeft + right * right * sums.rightRight) + left * right * sums.leftRight - left * sums.leftW - right * sums.rightW;

const within = (value: number, lower: number, upper: number): number => (value > lower ? Math.min(value, upper) : lower);

const keepBetter = (left: number, right: number): void => {
  const cost = costAt(left, right);
  if (!(cost >= inner.cost)) {
    inner.left = left;
    inner.right = right;
    inner.cost = cost;
  }
};

/** The exact best a and wing slopes at given m and σ within the box of the bounds: the inside, else the best of its four edges. */
const solveInner = (bounds: SliceBounds, sigma: number): void => {
  const lowLeft = bounds.lower[LEFT] ?? NaN;
  const lowRight = bounds.lower[RIGHT] ?? NaN;
  const highLeft = bounds.upper[LEFT] ?? NaN;
  const highRight = bounds.upper[RIGHT] ?? NaN;
  const { leftLeft, leftRight, rightRight, leftW, rightW } = sums;
  const determinant = leftLeft * rightRight - leftRight * leftRight;
  const left = (leftW * rightRight - rightW * leftRight) / determinant;
  const right = (rightW * leftLeft - leftW * leftRight) / determinant;
  inner.cost = NaN;
  if (determinant > 1e-14 * leftLeft * rightRight && left >= lowLeft && left <= highLeft && right >= lowRight && right <= highRight) keepBetter(left, right);
  else {
    keepBetter(lowLeft, within((rightW - lowLeft * leftRight) / rightRight, lowRight, highRight));
    keepBetter(highLeft, within((rightW - highLeft * leftRight) / rightRight, lowRight, highRight));
    keepBetter(within((leftW - lowRight * leftRight) / leftLeft, lowLeft, highLeft), lowRight);
    keepBetter(within((leftW - highRight * leftRight) / leftLeft, lowLeft, highLeft), highRight);
  }
  const free = (sums.w - inner.left * sums.left - inner.right * sums.right) / sums.weight;
  const least = 0 - sigma * Math.sqrt(inner.left * inner.right);
  // A bottom below 0 is lifted to it and pays for that.
  inner.a = Math.max(free, least);
  inner.cost += 0.5 * sums.weight * (inner.a - free) * (inner.a - free);
};

/** The arms of the inner solution at a distance from m. */
const armsAt = (x: number, sigma: number): number => {
  const root = Math.sqrt(x * x + sigma * sigma);
  return 0.5 * (inner.left * (root - x) + inner.right * (root + x));
};

const STARTS = 2;
const PLACES = 9;
const WIDTHS = 8;
const NARROWEST_SPANS = 0.02;
const WIDTH_RATIO = 2;

/**
 * Starting points for the polish in five parameters: for each m and σ of a coarse grid the best other three are known exactly
 * (Zeliade Systems, Quasi-explicit calibration of Gatheral's SVI model, 2009), so that only two dimensions need a search. The
 * best grid point, and the best of those that lie apart from it.
 */
export const sviStarts = (data: SmileData, bounds: SliceBounds): readonly Float64Array[] => {
  const variances = varianceDataOf(data);
  const span = data.highestPlace - data.lowestPlace;
  const costs = new Float64Array(PLACES * WIDTHS);
  const points = new Float64Array(PLACES * WIDTHS * SIZE);
  for (let i = 0; i < PLACES; i += 1) {
    const m = data.lowestPlace + span * (-0.25 + (1.5 * i) / (PLACES - 1));
    let sigma = NARROWEST_SPANS * span;
    for (let j = 0; j < WIDTHS; j += 1) {
      sigma = Math.min(sigma, bounds.upper[SIGMA] ?? NaN);
      writeSums(variances, m, sigma);
      solveInner(bounds, sigma);
      const at = i * WIDTHS + j;
      costs[at] = inner.cost;
      points[at * SIZE + LEVEL] = inner.a + armsAt(data.anchorPlace - m, sigma);
      points[at * SIZE + LEFT] = inner.left;
      points[at * SIZE + RIGHT] = inner.right;
      points[at * SIZE + M] = m;
      points[at * SIZE + SIGMA] = sigma;
      sigma *= WIDTH_RATIO;
    }
  }
  return chosen(costs).map((at) => points.slice(at * SIZE, (at + 1) * SIZE));
};

/** Local minima of the grid by cost, at most two, the best first. */
const chosen = (costs: Float64Array): readonly number[] => {
  const costAround = (i: number, j: number): number => (i < 0 || j < 0 || i >= PLACES || j >= WIDTHS ? Infinity : (costs[i * WIDTHS + j] ?? NaN));
  const minima: number[] = [];
  for (let i = 0; i < PLACES; i += 1) {
    for (let j = 0; j < WIDTHS; j += 1) {
      const here = costAround(i, j);
      let least = Infinity;
      for (let di = -1; di <= 1; di += 1) for (let dj = -1; dj <= 1; dj += 1) if (di !== 0 || dj !== 0) least = Math.min(least, costAround(i + di, j + dj));
      if (here <= least) minima.push(i * WIDTHS + j);
    }
  }
  return minima.sort((x, y) => (costs[x] ?? NaN) - (costs[y] ?? NaN) || x - y).slice(0, STARTS);
};
