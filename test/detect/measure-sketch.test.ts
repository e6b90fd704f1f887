import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, isSampled, RELATIVE_ERROR, valueOf } from '../../pipeline/detect/measure-sketch.ts';

describe('a bin', () => {
  it('stands for its values within the stated error', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), (value) => {
        for (const signed of [value, -value]) {
          const off = Math.abs(valueOf(binOf(signed)) - signed) / value;
          expect(off).toBeLessThanOrEqual(RELATIVE_ERROR * 1.000001);
        }
      }),
    );
  });

  it('keeps the order of values, negative ones and 0 among them', () => {
    const values = [-1e6, -30, -1, -0.5, 0, 0.5, 1, 30, 1e6];
    const stood = values.map((value) => valueOf(binOf(value)));
    expect(stood).toEqual([...stood].sort((a, b) => a - b));
    expect(valueOf(binOf(0))).toBe(0);
  });

  it('fits into 16 bits at the ends of what a number can be', () => {
    for (const value of [Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE]) {
      expect(Math.abs(binOf(value))).toBeLessThan(32_768);
    }
    expect(Number.isInteger(binOf(Infinity))).toBe(true);
  });
});

it('one event in sixteen is sampled, by its hash alone', () => {
  const sampled = Array.from({ length: 1600 }, (_, hash) => hash).filter(isSampled);
  expect(sampled.length).toBe(100);
  expect(isSampled(-16)).toBe(true);
});
