import { describe, expect, test } from 'vitest';
import { Breaker, retryPauseMs } from '../../pipeline/act/breaker.ts';

describe('the breaker', () => {
  test('opens at the fifth failure in a row, pauses longer each time up to a minute, and closes at once', () => {
    const breaker = new Breaker({ firstMs: 1000, maxMs: 900_000 });
    const pauses = Array.from({ length: 13 }, () => breaker.failed());
    expect(pauses).toEqual([
      0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect(breaker.succeeded()).toBe(true);
    expect(breaker.succeeded()).toBe(false);
    expect(breaker.failed()).toBe(0);
  });

  test('stays closed when a try gets through in between', () => {
    const breaker = new Breaker({ firstMs: 1000, maxMs: 1000 });
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 4; i++) expect(breaker.failed()).toBe(0);
      expect(breaker.succeeded()).toBe(false);
    }
  });
});

test('the pause of one delivery doubles up to its bound, spread over its upper half, the same each time', () => {
  const backoff = { firstMs: 1000, maxMs: 60_000 };
  for (let attempts = 1; attempts < 100; attempts++) {
    const whole = Math.min(60_000, 1000 * 2 ** (attempts - 1));
    const pause = retryPauseMs(backoff, 'g_a.1', attempts);
    expect(pause).toBeGreaterThanOrEqual(whole / 2);
    expect(pause).toBeLessThanOrEqual(whole);
    expect(retryPauseMs(backoff, 'g_a.1', attempts)).toBe(pause);
  }
  const spread = new Set(
    Array.from({ length: 100 }, (_, n) => retryPauseMs(backoff, `g_${n}.1`, 1)),
  );
  expect(spread.size).toBeGreaterThan(80);
});
