/**
 * Largest and time-weighted mean |net delta|, on recorded time: after the book's first hedge was done, or, until then, after its
 * first trade. They stop when the last option series of the book has expired. Net delta is what is held and certain, without what
 * orders may still fill. Plain data; part of the state.
 */
export type Exposure = {
  /** Counting has begun. */
  started: boolean;
  /** Counting began anew at the first hedge. */
  hedged: boolean;
  /** Currency per point. */
  maxAbsNetDelta: number;
  /** Sum of |net delta| × microseconds. */
  weightedSum: number;
  /** Microseconds counted. */
  weightUs: number;
};

export const newExposure = (): Exposure => ({ started: false, hedged: false, maxAbsNetDelta: 0, weightedSum: 0, weightUs: 0 });

/** The net delta that held until now is counted for the time that it held. */
export const elapse = (exposure: Exposure, netDelta: number, elapsedUs: number): void => {
  if (!exposure.started) return;
  exposure.weightedSum += Math.abs(netDelta) * elapsedUs;
  exposure.weightUs += elapsedUs;
};

/** A net delta that was just valued. */
export const observe = (exposure: Exposure, netDelta: number): void => {
  if (exposure.started) exposure.maxAbsNetDelta = Math.max(exposure.maxAbsNetDelta, Math.abs(netDelta));
};

/** The first trade of a book. */
export const start = (exposure: Exposure): void => {
  exposure.started = true;
};

/** The first hedge order is done: count from here, once. */
export const startAtHedge = (exposure: Exposure): void => {
  if (!exposure.hedged) Object.assign(exposure, { ...newExposure(), started: true, hedged: true });
};

export const meanAbsNetDelta = ({ weightedSum, weightUs }: Exposure): number => (weightUs === 0 ? 0 : weightedSum / weightUs);
