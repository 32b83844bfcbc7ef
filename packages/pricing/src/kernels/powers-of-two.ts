const SMALLEST_EXPONENT = -1074;
const LARGEST_EXPONENT = 1023;

/** Doubling and halving are exact down to the last denormal, so the table has the same bits everywhere. */
const buildTable = (): Float64Array => {
  const table = new Float64Array(LARGEST_EXPONENT - SMALLEST_EXPONENT + 1);
  let power = 1;
  for (let exponent = 0; exponent <= LARGEST_EXPONENT; exponent += 1) {
    table[exponent - SMALLEST_EXPONENT] = power;
    power *= 2;
  }
  power = 1;
  for (let exponent = 0; exponent >= SMALLEST_EXPONENT; exponent -= 1) {
    table[exponent - SMALLEST_EXPONENT] = power;
    power *= 0.5;
  }
  return table;
};

const TABLE = buildTable();
const BITS = new DataView(new ArrayBuffer(8));

/** 2 to the given integer, exact; `exponent` from -1074 to 1023, NaN outside. */
export const powerOfTwo = (exponent: number): number => TABLE[exponent - SMALLEST_EXPONENT] ?? NaN;

/** floor(log2(x)) of a normal positive double; meaningless for zero, denormals, infinities and NaN. */
export const binaryExponent = (x: number): number => {
  BITS.setFloat64(0, x);
  return (BITS.getUint32(0) >>> 20) - 1023;
};
