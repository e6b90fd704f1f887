/** The distributions the simulator draws from, all over one seeded `Random`, and a hash for fixed traits. */

import type { Random } from '../clock.ts';

/** A standard normal number. Source: Box and Muller (1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A log-normal number: half of all draws lie below `median`; `sigma` is the deviation of its logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  return median * Math.exp(sigma * normal(random));
}

/** The gap to the next arrival of a Poisson process with this mean gap. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** A uniform integer in [from, to], both included. */
export function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** The nearest whole number in [low, high]. */
export function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(high, Math.max(low, value)));
}

/** One of the items, each as likely as the other. The list must not be empty. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** Draws an index in proportion to its weight, by binary search in the running sums. */
export class Weighted {
  readonly #sums: Float64Array;

  constructor(weights: readonly number[]) {
    this.#sums = new Float64Array(weights.length);
    let sum = 0;
    weights.forEach((weight, index) => {
      sum += weight;
      this.#sums[index] = sum;
    });
  }

  /** @param at a uniform number in [0, 1) */
  indexAt(at: number): number {
    const sums = this.#sums;
    const target = at * sums[sums.length - 1]!;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Zipf's law: the item of rank r is drawn in proportion to r^(−exponent). */
export function zipf(count: number, exponent: number): Weighted {
  return new Weighted(Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent));
}

/**
 * A one-to-one scrambling of 32-bit numbers: different values stay different for the same salt.
 * Source: the finaliser of MurmurHash3 (Austin Appleby, public domain).
 */
export function scramble(value: number, salt: number): number {
  let hash = (value ^ salt) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A fixed number in [0, 1) that belongs to (value, salt): a trait that needs no memory. */
export function trait(value: number, salt: number): number {
  return scramble(scramble(value, salt), 0x9e3779b9) / 4294967296;
}

/** Eight hexadecimal digits of a 32-bit number. */
export function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
