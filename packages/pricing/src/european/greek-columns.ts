/** Results of a batch: one column a figure, one row an option; units as in `BlackGreeks`. Every column has at least as many rows as there are options. */
export type GreekColumns = {
  readonly price: Float64Array;
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  readonly vegaPerUnitVol: Float64Array;
  readonly thetaPerYear: Float64Array;
  readonly rhoPerUnitRate: Float64Array;
};

/** All greeks to the third order; units as in `FullGreeks`. */
export type FullGreekColumns = GreekColumns & {
  readonly phiPerUnitYield: Float64Array;
  readonly vannaPerUnitVol: Float64Array;
  readonly volgaPerUnitVol: Float64Array;
  readonly charmPerYear: Float64Array;
  readonly vetaPerYear: Float64Array;
  readonly speed: Float64Array;
  readonly zommaPerUnitVol: Float64Array;
  readonly colorPerYear: Float64Array;
  readonly ultimaPerUnitVol: Float64Array;
  readonly dualDelta: Float64Array;
  readonly dualGamma: Float64Array;
};

export const newGreekColumns = (rows: number): GreekColumns => ({
  price: new Float64Array(rows),
  delta: new Float64Array(rows),
  gamma: new Float64Array(rows),
  vegaPerUnitVol: new Float64Array(rows),
  thetaPerYear: new Float64Array(rows),
  rhoPerUnitRate: new Float64Array(rows),
});

export const newFullGreekColumns = (rows: number): FullGreekColumns => ({
  ...newGreekColumns(rows),
  phiPerUnitYield: new Float64Array(rows),
  vannaPerUnitVol: new Float64Array(rows),
  volgaPerUnitVol: new Float64Array(rows),
  charmPerYear: new Float64Array(rows),
  vetaPerYear: new Float64Array(rows),
  speed: new Float64Array(rows),
  zommaPerUnitVol: new Float64Array(rows),
  colorPerYear: new Float64Array(rows),
  ultimaPerUnitVol: new Float64Array(rows),
  dualDelta: new Float64Array(rows),
  dualGamma: new Float64Array(rows),
});
