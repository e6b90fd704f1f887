/** Integer arithmetic that stays exact: products pass 2^53 long before their quotients do. */

/**
 * ⌊value × numerator ÷ denominator⌋ of non-negative safe integers; the denominator is positive.
 * @returns undefined when the result is no safe integer.
 */
export function floorShare(
  value: number,
  numerator: number,
  denominator: number,
): number | undefined {
  const product = value * numerator;
  if (Number.isSafeInteger(product)) return (product - (product % denominator)) / denominator;
  const exact = (BigInt(value) * BigInt(numerator)) / BigInt(denominator);
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : undefined;
}

/** As `floorShare`, rounded up. */
export function ceilShare(
  value: number,
  numerator: number,
  denominator: number,
): number | undefined {
  const product = value * numerator;
  if (Number.isSafeInteger(product)) {
    const rest = product % denominator;
    return (product - rest) / denominator + (rest > 0 ? 1 : 0);
  }
  const above = BigInt(value) * BigInt(numerator) + BigInt(denominator) - 1n;
  const exact = above / BigInt(denominator);
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : undefined;
}

/** As `floorShare`, but a half and more is rounded up. */
export function halfUpShare(
  value: number,
  numerator: number,
  denominator: number,
): number | undefined {
  const down = floorShare(value, numerator, denominator);
  const rest = (BigInt(value) * BigInt(numerator)) % BigInt(denominator);
  return down === undefined || 2n * rest < BigInt(denominator) ? down : down + 1;
}
