/**
 * Measuring on a shared, noisy machine: variants take turns (A B C A B C …), the first round is thrown
 * away, and only ratios between variants of the same round are compared.
 */

import { max, median, min } from 'simple-statistics';

/** One contender. `run` does the same `count` operations at each call and returns a checksum. */
export interface Variant {
  readonly name: string;
  /** Operations (events, rows …) that one call of `run` does. */
  readonly count: number;
  /** Not measured; runs before every round. */
  readonly prepare?: () => void | Promise<void>;
  /**
   * Folds its answers into a number. Variants with the same `answers` group must agree on it, or the
   * comparison fails: a wrong answer has no speed. What it does inside `watch.leaveOut` is not timed.
   */
  readonly run: (watch: Stopwatch) => number | Promise<number>;
  readonly answers?: string;
}

/** A figure over the rounds: the median with the extremes beside it. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Comparison {
  /** Operations per second of a variant, by wall time or by CPU time of the whole process. */
  rate(name: string, by?: TimeKind): Spread;
  /** Microseconds for one operation. */
  cost(name: string, by?: TimeKind): Spread;
  /** How many times the rate of `other` the variant reaches: the spread of the per-round ratios. */
  ratio(name: string, other: string, by?: TimeKind): Spread;
  readonly names: readonly string[];
  readonly rounds: number;
}

/** CPU time counts garbage collection and library threads and is the steadier of the two under noise. */
export type TimeKind = 'wall' | 'cpu';

/** Median, smallest and largest of the values. */
export function spreadOf(values: readonly number[]): Spread {
  const list = [...values];
  return { median: median(list), min: min(list), max: max(list) };
}

/** Wall and CPU time that went by, but for the parts that are left out: preparing the next batch, say. */
export class Stopwatch {
  private wallStart = performance.now();
  private cpuStart = process.cpuUsage();

  /** Does something that is not to be timed. It should take well over the 10 us that this costs itself. */
  leaveOut(work: () => void): void {
    const { wall, cpu } = this.read();
    work();
    const after = process.cpuUsage();
    this.wallStart = performance.now() - wall * 1000;
    this.cpuStart = { user: after.user - cpu * 1e6, system: after.system };
  }

  /** Seconds so far. */
  read(): Record<TimeKind, number> {
    const now = process.cpuUsage();
    const { user, system } = this.cpuStart;
    return {
      wall: (performance.now() - this.wallStart) / 1000,
      cpu: (now.user - user + (now.system - system)) / 1e6,
    };
  }
}

/** Seconds of wall and CPU time that `work` takes, with its result. */
export async function timed<T>(
  work: (watch: Stopwatch) => T | Promise<T>,
): Promise<{ readonly result: T; readonly wall: number; readonly cpu: number }> {
  const watch = new Stopwatch();
  const result = await work(watch);
  return { result, ...watch.read() };
}

/**
 * Runs the variants in turn, `rounds` counted rounds after one that only warms up.
 * @throws when two variants of one `answers` group disagree.
 */
export async function compare(
  variants: readonly Variant[],
  options: { readonly rounds: number },
): Promise<Comparison> {
  const seconds = new Map<string, Record<TimeKind, number[]>>(
    variants.map(({ name }) => [name, { wall: [], cpu: [] }]),
  );
  for (let round = 0; round <= options.rounds; round++) {
    const answers = new Map<string, { name: string; checksum: number }>();
    for (const variant of variants) {
      await variant.prepare?.();
      const { result, wall, cpu } = await timed(variant.run);
      if (variant.answers !== undefined) {
        const first = answers.get(variant.answers);
        if (first === undefined)
          answers.set(variant.answers, { name: variant.name, checksum: result });
        else if (first.checksum !== result)
          throw new Error(
            `${variant.name} answers ${result} where ${first.name} answers ${first.checksum}`,
          );
      }
      if (round === 0) continue;
      seconds.get(variant.name)!.wall.push(wall);
      seconds.get(variant.name)!.cpu.push(cpu);
    }
  }
  return comparisonOf(variants, seconds, options.rounds);
}

function comparisonOf(
  variants: readonly Variant[],
  seconds: ReadonlyMap<string, Record<TimeKind, readonly number[]>>,
  rounds: number,
): Comparison {
  const counts = new Map(variants.map(({ name, count }) => [name, count]));
  const rates = (name: string, by: TimeKind): number[] => {
    const series = seconds.get(name);
    if (series === undefined) throw new Error(`no variant is called ${name}`);
    return series[by].map((taken) => counts.get(name)! / taken);
  };
  return {
    names: variants.map(({ name }) => name),
    rounds,
    rate: (name, by = 'wall') => spreadOf(rates(name, by)),
    cost: (name, by = 'wall') => spreadOf(rates(name, by).map((rate) => 1e6 / rate)),
    ratio: (name, other, by = 'wall') => {
      const others = rates(other, by);
      return spreadOf(rates(name, by).map((rate, round) => rate / others[round]!));
    },
  };
}

/** Latency quantiles of a list of durations; sorts a copy. */
export function quantiles(values: readonly number[] | Float64Array): {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
} {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** Resident memory in bytes after a full collection where the process allows one (`--expose-gc`). */
export function residentBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
