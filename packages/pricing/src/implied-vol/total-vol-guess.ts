import { log } from "../kernels/logarithm.ts";
import { millsRatio } from "../kernels/mills-ratio.ts";
import type { TotalVolBlock } from "./total-vol-block.ts";

const SQRT_2PI = 2.5066282746310002;
/** Value over distance of an option in the normal model that is one standard deviation out of the money. */
const ONE_DEVIATION = 0.0833154705876863;
/** While the first correction is below this the expansion holds 2e-3 (1e-5 at a third of it, 1e-7 at a tenth). */
const EXPANSION_MAX = 0.1;
const FAR_DEVIATIONS_ROOT = 5.55;
const LARGE_ROUNDS = 3;

/** Normal model, up to one deviation: total volatility over its tangent at the money, by V = (distance / tangent)²; error 6e-7. */
const tangentFactor = (V: number): number =>
  (0.9999999929523047 + V * (-2.8895239037149416 + V * (2.4766281603865785 - V * 0.5737772079715374))) /
  (1 + V * (-2.3895253564407772 + V * (1.4902445867435739 - V * 0.1561354576956544)));

/** Normal model, one deviation and more: deviations out of the money by q = sqrt(-ln(value / distance)), up to q = 39; error 5e-5. */
const deviationsOf = (q: number): number =>
  q < FAR_DEVIATIONS_ROOT
    ? (-0.2245744474908692 + q * (1.2648901023207002 + q * (-1.204359757493336 + q * (0.5926037027829256 - q * 0.0010624583998460409)))) /
      (1 + q * (-0.5694617000990186 + q * 0.39802747878424033))
    : (-2.426462942820238 + q * (1.3846146352908288 + q * 0.46229201901937683)) / (1 + q * 0.32672528065787526);

/** Standard deviations z >= 0 with N(-z) = p, p up to 1/2, within 3e-3: Abramowitz and Stegun 26.2.22. */
const roughQuantile = (p: number): number => {
  const u = Math.sqrt(-2 * log(p));
  return u - (2.30753 + u * 0.27061) / (1 + u * (0.99229 + u * 0.04481));
};

const signedQuantile = (p: number): number => (p <= 0.5 ? roughQuantile(p) : 0 - roughQuantile(1 - p));

/**
 * For large total volatilities: share = N(-m) - exp(distance) N(-w) with m = distance / s - s / 2 and w² = m² + 2 distance. The
 * second tail is the first (or its complement) times M(w) / M(|m|), M the Mills ratio: a few rounds find m within 1e-2.
 */
const guessOfLarge = (share: number, distance: number): number => {
  const isAboveHalf = share > 0.5;
  let m = isAboveHalf ? 0 - roughQuantile(0.5 * (1 - share)) : roughQuantile(share);
  for (let round = 0; round < LARGE_ROUNDS; round += 1) {
    const ratio = millsRatio(Math.sqrt(m * m + 2 * distance)) / millsRatio(Math.abs(m));
    m = isAboveHalf ? 0 - signedQuantile((1 - share) / (1 + ratio)) : signedQuantile(Math.min(share / (1 - Math.min(ratio, 0.9)), 0.9));
  }
  const w = Math.sqrt(m * m + 2 * distance);
  return m > 0 ? (2 * distance) / (m + w) : w - m;
};

/**
 * First guesses of the total volatility s, within 1e-5 up to s = 0.8 and 3e-3 beyond at distances below 10; an error of some per
 * cent is left where both are large. Over the geometric mean of the legs the value is ∫ phi(distance / u) exp(-u²/8) du from 0 to s:
 * the normal model's but for the weight. So the normal model is inverted (two rational functions) and its total volatility a is
 * corrected by the series a (1 + c1(z) a² + c2(z) a⁴ + c3(z) a⁶) that follows from the weight's, z = distance / a. Errors of
 * c1, c2, c3: 3e-6, 1e-5, 1e-6. Coefficients by reference/fit_implied_vol.py.
 */
export const writeGuesses = (block: TotalVolBlock, count: number): void => {
  for (let row = 0; row < count; row += 1) {
    const lowerLeg = block.lowerLeg[row] ?? NaN;
    const distance = block.distance[row] ?? NaN;
    const share = (block.timeValue[row] ?? NaN) / lowerLeg;
    const value = share * Math.sqrt(lowerLeg / (block.upperLeg[row] ?? NaN));
    let normal: number;
    let z: number;
    if (value >= ONE_DEVIATION * distance) {
      const tangent = SQRT_2PI * (value + 0.5 * distance);
      const ratio = distance / tangent;
      normal = tangent * tangentFactor(ratio * ratio);
      z = distance / normal;
    } else {
      z = deviationsOf(Math.sqrt(0.5 * distance + (block.logShift[row] ?? NaN) - log(share / distance)));
      normal = distance / z;
    }
    const square = normal * normal;
    const first =
      (square * (0.0416695420669544 + z * (0.06672412820693509 + z * 0.02235116578173026))) /
      (1 + z * (1.6057066322246267 + z * (1.4947357405162696 + z * (0.5058106862549236 + z * 0.17971921971974952))));
    const second = 0.0036578040052627336 / (1 + z * (0.11032724707681148 + z * (0.8794130681904524 + z * (-0.05437060975094162 + z * 0.07527797805387867))));
    const third = 0.0003925821352665745 / (1 + z * (-0.051604994292085836 + z * (2.0208108158868177 + z * (-0.9968870872598132 + z * 0.6266833681044094))));
    block.totalVol[row] = first > EXPANSION_MAX ? guessOfLarge(share, distance) : normal * (1 + first + square * square * (second + square * third));
  }
};
