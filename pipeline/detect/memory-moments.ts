/**
 * Sums and sums of squares in double-double arithmetic (some 106 bits): adding and removing values for
 * ever leaves no drift, and the variance does not cancel away when values are large and close together.
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision" (1971).
 */

/** Numbers that one accumulator takes: sum and its error, sum of squares and its error. */
export const MOMENT_NUMBERS = 4;

const SPLITTER = 2 ** 27 + 1;

/** Adds `sign` (1 or −1) times the value to the accumulator that starts at `at`. */
export function addMoment(into: Float64Array, at: number, value: number, sign: 1 | -1): void {
  addTo(into, at, sign * value, 0);
  const square = value * value;
  addTo(into, at + 2, sign * square, sign * productError(value, value, square));
}

/** The sum of the values. */
export function sumOf(from: Float64Array, at: number): number {
  return from[at]! + from[at + 1]!;
}

/** The population standard deviation of `count` values; NaN when there are none. */
export function deviationOf(from: Float64Array, at: number, count: number): number {
  if (count === 0) return Number.NaN;
  const [sum, sumError, squares, squaresError] = [
    from[at]!,
    from[at + 1]!,
    from[at + 2]!,
    from[at + 3]!,
  ];
  // n² · variance = n · Σx² − (Σx)², both to double-double precision before they are subtracted.
  const left = squares * count;
  const leftError = productError(squares, count, left) + squaresError * count;
  const right = sum * sum;
  const rightError = productError(sum, sum, right) + 2 * sum * sumError;
  const spread = left - right + (leftError - rightError);
  return spread <= 0 ? 0 : Math.sqrt(spread) / count;
}

function addTo(into: Float64Array, at: number, value: number, error: number): void {
  const high = into[at]!;
  const sum = high + value;
  const part = sum - high;
  const lost = high - (sum - part) + (value - part) + into[at + 1]! + error;
  const rounded = sum + lost;
  into[at] = rounded;
  into[at + 1] = lost - (rounded - sum);
}

/** What a · b lost when it was rounded to `product`. */
function productError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}
