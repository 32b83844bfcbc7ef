/** 2^27 + 1 cuts a double into two halves whose products are exact. */
const SPLITTER = 134217729;

/** The double nearest to value - a × b, the product taken exactly (Dekker 1971); for |a|, |b| below 1e300 and no underflow. */
export const remainderOfProduct = (value: number, a: number, b: number): number => {
  const product = a * b;
  const shiftedA = SPLITTER * a;
  const headA = shiftedA - (shiftedA - a);
  const restA = a - headA;
  const shiftedB = SPLITTER * b;
  const headB = shiftedB - (shiftedB - b);
  const restB = b - headB;
  const lost = restA * restB - (product - headA * headB - restA * headB - headA * restB);
  return value - product - lost;
};
