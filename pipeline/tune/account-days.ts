/**
 * How many accounts a day a threshold would meet: for each account and day the worst value. Exact up to a
 * bound; then half of the accounts are left out, again and again, and what is left stands for all.
 */

const MAX_HELD = 1_000_000;

export class AccountDays {
  readonly #sign: 1 | -1;
  readonly #max: number;
  /** By a hash of account and day: the worst value times the sign. */
  readonly #worst = new Map<number, number>();
  /** One in so many is held. */
  #every = 1;

  constructor(direction: 'atLeast' | 'atMost', max: number = MAX_HELD) {
    this.#sign = direction === 'atLeast' ? 1 : -1;
    this.#max = max;
  }

  /** False when the figures are estimates. */
  get isExact(): boolean {
    return this.#every === 1;
  }

  /** @param key 53 bits of the account's hash, spread evenly. @param day since the epoch. */
  add(key: number, day: number, value: number): void {
    const hashed = mixed(key, day);
    if (hashed % this.#every !== 0) return;
    const before = this.#worst.get(hashed) ?? -Infinity;
    const signed = this.#sign * value;
    if (signed <= before) return;
    this.#worst.set(hashed, signed);
    if (this.#worst.size > this.#max) this.#thin();
  }

  /** Accounts and days that reach each threshold. @param thresholds the strictest first. */
  reaching(thresholds: readonly number[]): number[] {
    const worst = Float64Array.from(this.#worst.values()).sort().reverse();
    let at = 0;
    return thresholds.map((threshold) => {
      while (at < worst.length && worst[at]! >= this.#sign * threshold) at++;
      return at * this.#every;
    });
  }

  #thin(): void {
    this.#every *= 2;
    for (const hashed of this.#worst.keys()) {
      if (hashed % this.#every !== 0) this.#worst.delete(hashed);
    }
  }
}

/** Account and day in one number below 2^53 whose low bits depend on all of both. */
function mixed(key: number, day: number): number {
  const lo = key >>> 0;
  const hi = Math.floor(key / 2 ** 32);
  let h = Math.imul(lo ^ Math.imul(day + 1, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ hi, 0xc2b2ae35);
  h ^= h >>> 16;
  return ((hi ^ Math.imul(day, 0x27d4eb2f)) & 0x1fffff) * 2 ** 32 + (h >>> 0);
}
