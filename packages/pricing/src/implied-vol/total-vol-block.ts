/** Problems that are solved together, so that each step is one loop over flat arrays, in which the engine boxes no number. */
export const BLOCK_ROWS = 128;

/** Inversions side by side: options and their prices, the problems they pose, and what the solver writes. */
export type TotalVolBlock = {
  /** What is received of the underlying, > 0; this and the other amounts either forward or in present values. */
  readonly assetLeg: Float64Array;
  /** What is paid for it, > 0. */
  readonly strikeLeg: Float64Array;
  readonly yearsToExpiry: Float64Array;
  readonly price: Float64Array;
  /** The smaller of the legs. */
  readonly lowerLeg: Float64Array;
  /** The larger one. */
  readonly upperLeg: Float64Array;
  /** ln(upperLeg / lowerLeg), kept apart because it is known better than the ratio. */
  readonly distance: Float64Array;
  /** Value of the out-of-the-money option, > 0 and < lowerLeg. */
  readonly timeValue: Float64Array;
  /** By how much the logarithm of timeValue / lowerLeg is too large: 0 but for values that only their logarithm can hold. */
  readonly logShift: Float64Array;
  /** The answer, vol × sqrt(yearsToExpiry); NaN if the bracket could not be closed. Before that the best one so far. */
  readonly totalVol: Float64Array;
  /** What `writeTails` found at `totalVol`. */
  readonly tail: Float64Array;
  /** The bracket. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The rows that are not solved yet. */
  readonly open: Uint8Array;
};

export const newTotalVolBlock = (): TotalVolBlock => ({
  assetLeg: new Float64Array(BLOCK_ROWS),
  strikeLeg: new Float64Array(BLOCK_ROWS),
  yearsToExpiry: new Float64Array(BLOCK_ROWS),
  price: new Float64Array(BLOCK_ROWS),
  lowerLeg: new Float64Array(BLOCK_ROWS),
  upperLeg: new Float64Array(BLOCK_ROWS),
  distance: new Float64Array(BLOCK_ROWS),
  timeValue: new Float64Array(BLOCK_ROWS),
  logShift: new Float64Array(BLOCK_ROWS),
  totalVol: new Float64Array(BLOCK_ROWS),
  tail: new Float64Array(BLOCK_ROWS),
  low: new Float64Array(BLOCK_ROWS),
  high: new Float64Array(BLOCK_ROWS),
  open: new Uint8Array(BLOCK_ROWS),
});
