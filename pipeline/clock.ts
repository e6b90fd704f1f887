/**
 * The one door to time, timers and randomness. Everything else takes a `Clock` or a `Random`, so
 * that a test, a backtest and a replay decide what "now" is.
 */

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic time in milliseconds, for durations only. */
  monotonic(): number;
  /** Resolves after `ms`, or at once (without error) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` every `ms`; the returned function stops it. Does not keep the process alive. */
  every(ms: number, run: () => void): () => void;
}

/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/** A clock that stands still until it is moved: for tests and for runs over history. */
export function fixedClock(nowMs: number): Clock & { set(ms: number): void } {
  let now = nowMs;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.resolve(),
    every: () => () => undefined,
    set: (ms) => {
      now = ms;
    },
  };
}

/**
 * xoshiro128** seeded through splitmix32: reproducible on every platform.
 * Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators" (2021).
 */
export function seededRandom(seed: number): Random {
  let mix = seed | 0;
  const next = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  return () => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result / 4294967296;
  };
}
