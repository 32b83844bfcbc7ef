const MICROSECONDS_PER_MILLISECOND = 1000;
const MILLISECONDS_PER_YEAR = 365 * 86_400_000;

/** ACT/365F: ms / (365 × 86,400,000). 0 at and after expiry. Both times are microseconds since 1970. */
export const yearsToExpiry = (nowUs: number, expiryUs: number): number =>
  expiryUs <= nowUs ? 0 : (expiryUs - nowUs) / MICROSECONDS_PER_MILLISECOND / MILLISECONDS_PER_YEAR;

/** Microseconds of a duration in milliseconds. */
export const microseconds = (milliseconds: number): number => milliseconds * MICROSECONDS_PER_MILLISECOND;
