import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTable, type IdAnswer } from '../../pipeline/ingest/id-table.ts';

const HORIZON_MS = 100_000;

/** The same promise kept with a Map and no eviction but by time, in seconds rounded up. */
class NaiveIds {
  private readonly seen = new Map<string, { body: number; timeMs: number }>();
  private largestMs = -Infinity;

  check(lo: number, hi: number, body: number, timeMs: number): IdAnswer {
    this.largestMs = Math.max(this.largestMs, timeMs);
    const fromMs = this.largestMs - HORIZON_MS;
    const known = this.seen.get(`${lo},${hi}`);
    if (known !== undefined && Math.ceil(known.timeMs / 1000) * 1000 >= fromMs) {
      return known.body === body ? 'repeat' : 'conflict';
    }
    this.seen.delete(`${lo},${hi}`);
    if (timeMs >= fromMs) this.seen.set(`${lo},${hi}`, { body, timeMs });
    return 'new';
  }
}

describe('IdTable', () => {
  it('tells new, repeated and conflicting ids apart', () => {
    const table = new IdTable({ horizonMs: HORIZON_MS, maxEntries: 10_000 });
    expect(table.check(1, 2, 7, 50)).toBe('new');
    expect(table.check(1, 2, 7, 50)).toBe('repeat');
    expect(table.check(1, 2, 8, 50)).toBe('conflict');
    expect(table.check(1, 2, 7, 50)).toBe('repeat');
    expect(table.check(1, 3, 7, 50)).toBe('new');
  });

  it('remembers an id through the whole horizon and not a second longer', () => {
    const table = new IdTable({ horizonMs: HORIZON_MS, maxEntries: 10_000 });
    table.check(1, 2, 7, 1);
    expect(table.check(9, 9, 7, HORIZON_MS + 1)).toBe('new');
    expect(table.check(1, 2, 7, 1)).toBe('repeat');
    expect(table.check(9, 8, 7, HORIZON_MS + 1001)).toBe('new');
    expect(table.check(1, 2, 7, 1)).toBe('new');
    expect(table.coveredFromMs).toBe(1001);
  });

  it('answers as a Map does, under eviction, growth and colliding slots', () => {
    // Few distinct low words in one shard: probe chains wrap, overlap and are cut by removals.
    const step = fc.record({
      lo: fc.oneof(fc.integer({ min: -4, max: 40 }), fc.integer()),
      hi: fc.integer({ min: 0, max: 3 }),
      body: fc.integer({ min: 0, max: 2 }),
      ahead: fc.integer({ min: -120_000, max: 15_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new IdTable({ horizonMs: HORIZON_MS, maxEntries: 1_000_000 });
        const naive = new NaiveIds();
        let nowMs = 1_000_000;
        for (const { lo, hi, body, ahead } of steps) {
          if ((lo | hi) === 0) continue;
          const timeMs = nowMs + ahead;
          nowMs = Math.max(nowMs, timeMs);
          expect(table.check(lo, hi, body, timeMs)).toBe(naive.check(lo, hi, body, timeMs));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('sweeps what left the horizon, so that a steady stream needs steady memory', () => {
    const table = new IdTable({ horizonMs: HORIZON_MS, maxEntries: 1_000_000 });
    for (let i = 1; i <= 200_000; i++) {
      table.check(Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b), i, i * 100);
    }
    // 1000 ids lie in the horizon, four a shard; a shard of 16 slots holds at most 12.
    expect(table.size).toBeLessThanOrEqual(256 * 12);
    expect(table.bytes).toBeLessThanOrEqual(256 * 32 * 16);
  });

  it('shrinks its horizon when the bound bites, and says from when on it knows everything', () => {
    const table = new IdTable({ horizonMs: 1e11, maxEntries: 2560 });
    for (let i = 1; i <= 20_000; i++) {
      table.check(Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b), i, i * 1000);
    }
    expect(table.size).toBeLessThanOrEqual(2560);
    expect(table.capped).toBeGreaterThan(10_000);
    const fromMs = table.coveredFromMs;
    expect(fromMs).toBeGreaterThan(1);
    for (let i = fromMs / 1000; i <= 20_000; i++) {
      const answer = table.check(Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b), i, i * 1000);
      expect(answer).toBe('repeat');
    }
  });

  it('keeps its bound when all events fall on one instant', () => {
    const table = new IdTable({ horizonMs: 1000, maxEntries: 256 * 4 });
    for (let i = 1; i <= 5000; i++) {
      table.check(Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b), i, 7);
    }
    expect(table.size).toBeLessThanOrEqual(1024);
  });
});
