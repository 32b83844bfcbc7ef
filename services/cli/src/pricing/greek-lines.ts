import { table } from "../output.ts";

/** What each figure is called and counted in, in the order in which people read them. */
const figures: readonly (readonly [field: string, label: string, unit: string])[] = [
  ["price", "price", "quote currency"],
  ["quotePrice", "price", "quote currency"],
  ["coinPrice", "price in coin", "coin"],
  ["delta", "delta", "per 1 of the underlying"],
  ["blackScholesDelta", "delta (Black–Scholes)", "coins"],
  ["premiumAdjustedDelta", "delta, premium-adjusted", "coins"],
  ["gamma", "gamma", "delta per 1 of the underlying"],
  ["premiumAdjustedGamma", "gamma, premium-adjusted", "delta per 1 of the underlying"],
  ["vegaPerVolPoint", "vega", "per vol point"],
  ["coinVegaPerVolPoint", "vega in coin", "per vol point"],
  ["thetaPerDay", "theta", "per day"],
  ["coinThetaPerDay", "theta in coin", "per day"],
  ["rhoPerUnitRate", "rho", "per 1.00 of rate"],
  ["phiPerUnitYield", "phi", "per 1.00 of yield"],
  ["vannaPerUnitVol", "vanna", "delta per 1.00 of vol"],
  ["volgaPerUnitVol", "volga", "vega per 1.00 of vol, vega per 1.00"],
  ["charmPerYear", "charm", "delta per year that passes"],
  ["vetaPerYear", "veta", "vega per 1.00, per year that passes"],
  ["speed", "speed", "gamma per 1 of the underlying"],
  ["zommaPerUnitVol", "zomma", "gamma per 1.00 of vol"],
  ["colorPerYear", "color", "gamma per year that passes"],
  ["ultimaPerUnitVol", "ultima", "volga per 1.00 of vol"],
  ["dualDelta", "dual delta", "per 1 of the strike"],
  ["dualGamma", "dual gamma", "dual delta per 1 of the strike"],
];

const SIGNIFICANT_DIGITS = 10;

/** Ten significant digits, without the zeros behind them; `--json` prints all of them. */
export const figure = (value: number): string => String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));

/** One line a figure that the result has, with its unit. */
export const greekLines = (greeks: object): string => {
  const rows = figures.flatMap(([field, label, unit]) => {
    const value: unknown = Reflect.get(greeks, field);
    return typeof value === "number" ? [{ label, value: figure(value), unit }] : [];
  });
  return table(
    [
      { title: "", value: (row) => row.label },
      { title: "", value: (row) => row.value, align: "right" },
      { title: "", value: (row) => row.unit },
    ],
    rows,
  ).replace(/^\n/, "");
};
