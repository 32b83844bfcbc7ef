import { fitSurface, fitSvi, sviVol, volAt, type SmileQuote, type SviRaw } from "@finality/pricing";
import { alone, type Measurement } from "../measurement.ts";
import { bestNanoseconds } from "./best-time.ts";

const STRIKES = 40;
const EXPIRIES = 10;
const smile: SviRaw = { a: 0.01, b: 0.2, rho: -0.3, m: 0.02, sigma: 0.15 };
/** Vogt's smile, which allows butterfly arbitrage. */
const vogt: SviRaw = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };

const quotesOf = (svi: SviRaw, yearsToExpiry: number): readonly SmileQuote[] =>
  Array.from({ length: STRIKES }, (_, place) => {
    const logMoneyness = -0.8 + (1.6 * place) / (STRIKES - 1);
    const vol = sviVol(svi, { logMoneyness, yearsToExpiry }) + 0.003 * Math.sin(7.7 * place);
    return { logMoneyness, bidVol: vol - 0.005, askVol: vol + 0.005 };
  });

export const surface = async (): Promise<readonly Measurement[]> => {
  const [plain, arbitrage] = [quotesOf(smile, 0.2), quotesOf(vogt, 1)];
  const expiries = Array.from({ length: EXPIRIES }, (_, place) => {
    const yearsToExpiry = 0.05 * (place + 1);
    return { yearsToExpiry, forward: 100, quotes: quotesOf({ ...smile, a: 0.01 * (place + 1) }, yearsToExpiry) };
  });
  const fitted = fitSurface(expiries).surface;
  if (fitted === undefined) throw new Error("No surface was fitted.");
  const micro = (name: string, work: () => unknown): Measurement => alone(name, bestNanoseconds(1, () => void work()) / 1_000, "µs");
  return [
    micro(`a smile fitted to ${String(STRIKES)} strikes`, () => fitSvi({ quotes: plain, yearsToExpiry: 0.2 })),
    micro("the same where arbitrage has to be taken out", () => fitSvi({ quotes: arbitrage, yearsToExpiry: 1 })),
    micro(`a surface of ${String(EXPIRIES)} expiries with ${String(STRIKES)} strikes each`, () => fitSurface(expiries)),
    micro("1,000 vols read from it", () => {
      let sum = 0;
      for (let place = 0; place < 1_000; place += 1) sum += volAt(fitted, { logMoneyness: 0.0005 * place, yearsToExpiry: 0.33 });
      return sum;
    }),
  ];
};
