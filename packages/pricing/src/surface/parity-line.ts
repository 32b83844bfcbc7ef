/** Call less put of one strike, and half of what bids and asks leave open of it. */
export type ParityPoint = { readonly index: number; readonly strike: number; readonly difference: number; readonly halfWidth: number };

/** What is known of the line beforehand: its slope (options that settle in quote currency) or its value at strike 0 (in coin). */
export type KnownPart = { readonly slope: number } | { readonly at0: number };

export type ParityLine = {
  readonly at0: number;
  readonly slope: number;
  /** Standard error of the strike at which the line crosses 0. */
  readonly crossingError: number;
  readonly used: readonly ParityPoint[];
  readonly off: readonly ParityPoint[];
};

type Line = { readonly at0: number; readonly slope: number };

const FEWEST_POINTS = 3;
/** Slopes between all pairs are taken of this many points, the tightest. */
const MEDIAN_POINTS_MAX = 64;
const ROUNDS_MAX = 8;
/** Variance of an error that lies evenly within ±1. */
const EVEN_VARIANCE = 1 / 3;

type Weighed = { readonly value: number; readonly weight: number };

const weighedMedian = (values: readonly Weighed[]): number => {
  const sorted = [...values].sort((x, y) => x.value - y.value);
  let total = 0;
  for (const { weight } of sorted) total += weight;
  let before = 0;
  for (const { value, weight } of sorted) {
    before += weight;
    if (before >= 0.5 * total) return value;
  }
  return NaN;
};

const medianSlope = (points: readonly ParityPoint[]): number => {
  const tightest = [...points].sort((x, y) => x.halfWidth - y.halfWidth || x.index - y.index).slice(0, MEDIAN_POINTS_MAX);
  const slopes: Weighed[] = [];
  for (const [i, one] of tightest.entries()) {
    for (const other of tightest.slice(i + 1)) {
      const apart = other.strike - one.strike;
      if (apart !== 0) slopes.push({ value: (other.difference - one.difference) / apart, weight: Math.abs(apart) / (one.halfWidth + other.halfWidth) });
    }
  }
  return weighedMedian(slopes);
};

/** A line that a minority of wrong points cannot move far. */
const medianLine = (points: readonly ParityPoint[], known: KnownPart | undefined): Line => {
  if (known !== undefined && "at0" in known) {
    const slope = weighedMedian(points.map(({ strike, difference, halfWidth }) => ({ value: (difference - known.at0) / strike, weight: strike / halfWidth })));
    return { at0: known.at0, slope };
  }
  const slope = known === undefined ? medianSlope(points) : known.slope;
  return { at0: weighedMedian(points.map(({ strike, difference, halfWidth }) => ({ value: difference - slope * strike, weight: 1 / halfWidth }))), slope };
};

/** Least squares with the variance of the crossing, not yet scaled by how well the points agree. */
const straightLine = (points: readonly ParityPoint[], known: KnownPart | undefined): Line & { readonly crossingVariance: number } => {
  let s = 0, sk = 0, sy = 0; // prettier-ignore
  for (const { strike, difference, halfWidth } of points) {
    const weight = 1 / (EVEN_VARIANCE * halfWidth * halfWidth);
    s += weight;
    sk += weight * strike;
    sy += weight * difference;
  }
  const meanStrike = sk / s;
  const mean = sy / s;
  let skk = 0, sky = 0, through0 = 0, through0y = 0; // prettier-ignore
  for (const { strike, difference, halfWidth } of points) {
    const weight = 1 / (EVEN_VARIANCE * halfWidth * halfWidth);
    const apart = strike - meanStrike;
    skk += weight * apart * apart;
    sky += weight * apart * difference;
    through0 += weight * strike * strike;
    if (known !== undefined && "at0" in known) through0y += weight * strike * (difference - known.at0);
  }
  if (known !== undefined && "at0" in known) {
    const slope = through0y / through0;
    const crossing = known.at0 / slope;
    return { at0: known.at0, slope, crossingVariance: ((crossing / slope) * (crossing / slope)) / through0 };
  }
  const slope = known === undefined ? sky / skk : known.slope;
  const crossing = meanStrike - mean / slope;
  const lean = known === undefined ? ((crossing - meanStrike) * (crossing - meanStrike)) / skk : 0;
  return { at0: mean - slope * meanStrike, slope, crossingVariance: (1 / s + lean) / (slope * slope) };
};

const missOf = ({ at0, slope }: Line, { strike, difference }: ParityPoint): number => Math.abs(difference - (at0 + slope * strike));

/** Only rounding: a point that fits exactly must not be refused for its last bit. */
const lets = (line: Line, point: ParityPoint): boolean => missOf(line, point) <= point.halfWidth * (1 + 1e-9);

const isEnough = (points: readonly ParityPoint[], known: KnownPart | undefined): boolean =>
  known === undefined ? new Set(points.map(({ strike }) => strike)).size >= FEWEST_POINTS : points.length > 0;

/**
 * The line that most points let through between their bids and asks: a weighed median line, then least squares over the points
 * that let it through, until those no longer change. Undefined when too few points are left.
 */
export const parityLine = (points: readonly ParityPoint[], known: KnownPart | undefined): ParityLine | undefined => {
  if (!isEnough(points, known)) return undefined;
  const first = medianLine(points, known);
  let used = points.filter((point) => lets(first, point));
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (!isEnough(used, known)) return undefined;
    const line = straightLine(used, known);
    const letting = points.filter((point) => lets(line, point));
    const isSettled = letting.length === used.length && letting.every((point, i) => point === used[i]);
    if (isSettled || round === ROUNDS_MAX - 1) {
      let squares = 0;
      for (const point of used) squares += (missOf(line, point) * missOf(line, point)) / (EVEN_VARIANCE * point.halfWidth * point.halfWidth);
      const freedom = used.length - (known === undefined ? 2 : 1);
      const scale = freedom > 0 ? Math.max(1, squares / freedom) : 1;
      const kept = new Set(used);
      return { ...line, crossingError: Math.sqrt(line.crossingVariance * scale), used, off: points.filter((point) => !kept.has(point)) };
    }
    used = letting;
  }
  return undefined;
};
