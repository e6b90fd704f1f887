/** The currencies of ISO 4217 that Node's own tables (Unicode CLDR) hold as current. */

const A = 0x41;
const LETTERS = 26;

/** By its three letters as a number of base 26. */
const KNOWN = new Uint8Array(LETTERS ** 3);
for (const code of Intl.supportedValuesOf('currency')) KNOWN[numberOf(Buffer.from(code), 0)] = 1;

/** Whether bytes `from` to `to` are the code of a currency. */
export function isCurrency(bytes: Uint8Array, from: number, to: number): boolean {
  return isCode(bytes, from, to) && KNOWN[numberOf(bytes, from)] === 1;
}

/** Whether they have its form, three capital letters: a currency of former times has nothing else. */
export function isCode(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 3) return false;
  for (let at = from; at < to; at++) {
    if (bytes[at]! < A || bytes[at]! >= A + LETTERS) return false;
  }
  return true;
}

function numberOf(bytes: Uint8Array, from: number): number {
  const digit = (at: number): number => bytes[from + at]! - A;
  return (digit(0) * LETTERS + digit(1)) * LETTERS + digit(2);
}
