import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LedgerTime } from '../../pipeline/reward/ledger-time.ts';

describe('event time for the ledger', () => {
  it('is told before what comes out of order asks anything, and not otherwise', () => {
    const time = new LedgerTime();
    expect(time.after()).toBeUndefined();
    expect(time.before(5000, true)).toBeUndefined();
    expect(time.before(4000, false)).toBeUndefined();
    expect(time.before(4000, true)).toEqual({ kind: 'advance', occurredAtMs: 5000 });
    expect(time.before(6000, true)).toBeUndefined();
  });

  it('is told at the end of a batch although nobody earned anything, at most once a second of it', () => {
    const time = new LedgerTime();
    time.before(5000, false);
    expect(time.after()).toEqual({ kind: 'advance', occurredAtMs: 5000 });
    time.before(5999, false);
    expect(time.after()).toBeUndefined();
    time.before(6000, false);
    expect(time.after()).toEqual({ kind: 'advance', occurredAtMs: 6000 });
  });

  it('is told once more after a start: a rebuilt ledger knows less', () => {
    const time = new LedgerTime(9000);
    expect(time.before(8000, true)).toEqual({ kind: 'advance', occurredAtMs: 9000 });
    expect(new LedgerTime(9000).after()).toEqual({ kind: 'advance', occurredAtMs: 9000 });
  });

  it('shows every operation the same time wherever batches were cut', () => {
    const event = fc.record({ atMs: fc.nat(20_000), asks: fc.boolean(), ends: fc.boolean() });
    const seen = (events: readonly { atMs: number; asks: boolean; ends: boolean }[]): number[] => {
      const time = new LedgerTime();
      let clockMs = -Infinity;
      const shown: number[] = [];
      for (const { atMs, asks, ends } of events) {
        clockMs = Math.max(clockMs, time.before(atMs, asks)?.occurredAtMs ?? -Infinity);
        if (asks) shown.push((clockMs = Math.max(clockMs, atMs)));
        if (ends) clockMs = Math.max(clockMs, time.after()?.occurredAtMs ?? -Infinity);
      }
      return shown;
    };
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const whole = events.map((each) => ({ ...each, ends: false }));
        expect(seen(events)).toEqual(seen(whole));
      }),
    );
  });
});
