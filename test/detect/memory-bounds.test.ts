import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeaturePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import { MemoryWindowStore } from '../../pipeline/detect/memory-store.ts';
import type { WindowLimits } from '../../pipeline/detect/memory-store.ts';
import { batchOf } from '../support/batches.ts';
import type { Row } from '../support/batches.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = Date.UTC(2026, 0, 1);
const ROOMY: WindowLimits = { allowedLatenessMs: 1000, maxKeys: 10_000, maxEntries: 100_000 };

const COUNT: FeatureSpec = {
  key: 'ip',
  on: ['payment'],
  windowMs: MINUTE,
  aggregate: { kind: 'count' },
};
const ACCOUNTS: FeatureSpec = { ...COUNT, aggregate: { kind: 'distinct', of: 'accountId' } };
const SUM: FeatureSpec = { ...COUNT, aggregate: { kind: 'sum', of: 'amountMinor' } };

function planOf(...specs: FeatureSpec[]): FeaturePlan {
  return compilePlan(specs.map((spec) => ({ spec, measuredOn: ['payment', 'login'] })));
}

function payment(n: number, ip: string, atMs: number, more: Partial<Row> = {}): Row {
  return {
    id: `p${n}`,
    type: 'payment',
    occurredAtMs: START + atMs,
    ip,
    accountId: `a${n}`,
    ...more,
  };
}

/** The measures of the last row; all rows go through in batches of 100. */
function lastOf(store: MemoryWindowStore, plan: FeaturePlan, rows: readonly Row[]): number[] {
  const out = { width: plan.width, values: new Float64Array(plan.width * 100) };
  let last: number[] = [];
  for (let from = 0; from < rows.length; from += 100) {
    const batch = batchOf(rows.slice(from, from + 100));
    store.measure(batch, 0, batch.length, out);
    last = [...out.values.subarray((batch.length - 1) * plan.width, batch.length * plan.width)];
  }
  return last;
}

const sequence = (length: number, make: (n: number) => Row): Row[] =>
  Array.from({ length }, (_, n) => make(n));

describe('the bounds of the store in memory', () => {
  it('measures an event whose key exceeds the cap as if it were alone, and counts it', () => {
    const plan = planOf(COUNT);
    const store = new MemoryWindowStore(plan, { ...ROOMY, maxKeys: 3 });
    const rows = sequence(6, (n) => payment(n, `10.0.0.${n % 5}`, n));
    expect(lastOf(store, plan, rows)).toEqual([2]);
    expect(store.stats()).toMatchObject({ keys: 3, capped: 2 });
    expect(lastOf(store, plan, [payment(9, '10.0.0.4', 10)])).toEqual([1]);
  });

  it('gives no key to an event that every filter keeps out, and measures it all the same', () => {
    const large = [{ field: 'amountMinor', atLeast: 10_000 }] as const;
    const plan = planOf({ ...COUNT, where: large });
    const store = new MemoryWindowStore(plan, ROOMY);
    const rows = sequence(5, (n) => payment(n, `10.0.0.${n}`, n, { amountMinor: 9999 }));
    expect(lastOf(store, plan, rows)).toEqual([0]);
    expect(store.stats()).toMatchObject({ keys: 0, entries: 0, capped: 0 });
    lastOf(store, plan, [payment(6, '10.0.0.1', 6, { amountMinor: 10_000 })]);
    expect(lastOf(store, plan, [payment(7, '10.0.0.1', 7, { amountMinor: 1 })])).toEqual([1]);
    expect(store.stats()).toMatchObject({ keys: 1, entries: 1 });
  });

  it('stops taking entries at the cap, keeps answering exactly over those it has, and counts the rest', () => {
    const plan = planOf(COUNT, ACCOUNTS);
    const store = new MemoryWindowStore(plan, { ...ROOMY, maxEntries: 200 });
    const rows = sequence(500, (n) => payment(n, 'hot', n));
    const [count, accounts] = lastOf(store, plan, rows);
    const { entries, capped } = store.stats();
    expect(entries + capped).toBe(500);
    expect(entries).toBeLessThanOrEqual(200);
    expect([count, accounts]).toEqual([entries + 1, entries + 1]);
  });

  it('takes new keys again once the old ones have expired', () => {
    const plan = planOf(COUNT);
    const store = new MemoryWindowStore(plan, { ...ROOMY, maxKeys: 50 });
    lastOf(
      store,
      plan,
      sequence(50, (n) => payment(n, `old-${n}`, n)),
    );
    lastOf(
      store,
      plan,
      sequence(100, (n) => payment(n, 'new', 50 * n)),
    );
    lastOf(
      store,
      plan,
      sequence(100, (n) => payment(n, 'old-1', 2 * MINUTE + n)),
    );
    expect(store.stats().evictedKeys).toBeGreaterThanOrEqual(48);
    expect(store.stats().keys).toBeLessThan(5);
  });

  it('holds no more memory after ten rounds of keys that come and go than after two', () => {
    const plan = planOf(COUNT, ACCOUNTS, SUM);
    const store = new MemoryWindowStore(plan, ROOMY);
    const held: number[] = [];
    for (let round = 0; round < 10; round++) {
      const make = (n: number): Row => {
        const ip = n % 3 === 0 ? `hot-${round}` : `${round}-${n % 200}`;
        return payment(n, ip, round * 70_000 + n * 20, { amountMinor: 3e9 + n });
      };
      lastOf(store, plan, sequence(3000, make));
      held.push(store.stats().bytes);
    }
    expect(Math.max(...held.slice(2))).toBeLessThanOrEqual(held[1]! * 1.5);
    expect(store.stats().entries).toBeLessThan(7000);
  });

  it('does not mistake a member whose key was evicted and came back for one that stayed', () => {
    const plan = planOf(ACCOUNTS);
    const store = new MemoryWindowStore(plan, ROOMY);
    const burst = (atMs: number): Row[] =>
      sequence(120, (n) => payment(n, 'hot', atMs + n, { accountId: `a${n % 7}` }));
    expect(lastOf(store, plan, burst(0))).toEqual([7]);
    const others = sequence(2000, (n) => payment(n, `other-${n % 90}`, 65_000 + n));
    lastOf(store, plan, others);
    expect(lastOf(store, plan, burst(70_000))).toEqual([7]);
  });
});

describe('time in the store in memory', () => {
  it('does not take an entry of 50 days ago for a fresh one when 32-bit milliseconds wrap', () => {
    const plan = planOf({ ...COUNT, windowMs: 20 * DAY });
    const store = new MemoryWindowStore(plan, ROOMY);
    const wrapMs = 2 ** 32;
    // So many keys sleep that the hand of eviction does not come round while another carries the clock on.
    lastOf(
      store,
      plan,
      sequence(500, (n) => payment(n, `a-${n}`, 0)),
    );
    lastOf(
      store,
      plan,
      sequence(12, (n) => payment(n, 'b', (n * wrapMs) / 12)),
    );
    expect(lastOf(store, plan, [payment(2, 'a-400', wrapMs)])).toEqual([1]);
  });

  it('keeps a long window exact over years of history', () => {
    const plan = planOf({ ...COUNT, windowMs: 21 * DAY });
    const store = new MemoryWindowStore(plan, ROOMY);
    const rows = sequence(1000, (n) => payment(n, 'a', n * 4 * DAY));
    expect(lastOf(store, plan, rows)).toEqual([6]);
  });

  it('refuses windows and lateness that 32-bit differences cannot tell apart', () => {
    const plan = planOf({ ...COUNT, windowMs: 21 * DAY });
    expect(() => new MemoryWindowStore(plan, { ...ROOMY, allowedLatenessMs: 4 * DAY })).toThrow(
      'together pass 24 days',
    );
  });
});

describe('values in the store in memory', () => {
  it('sums exactly beyond 32 bits, up to 2^53', () => {
    const plan = planOf(SUM);
    const store = new MemoryWindowStore(plan, { ...ROOMY, maxEntries: 1_000_000 });
    const amounts = sequence(90_000, (n) =>
      payment(n, 'a', n >> 4, { amountMinor: 100_000_000_000 - n }),
    );
    const wanted = amounts.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor!), 0n);
    expect(lastOf(store, plan, amounts)).toEqual([Number(wanted)]);
    expect(wanted).toBeLessThan(2n ** 53n);
  });

  it('answers absent features with 0 or NaN, and leaves columns of other types NaN', () => {
    const previous: FeatureSpec = { ...COUNT, aggregate: { kind: 'previous', of: 'amountMinor' } };
    const plan = compilePlan([
      { spec: COUNT, measuredOn: ['payment', 'login'] },
      { spec: previous, measuredOn: ['payment', 'login'] },
      { spec: SUM, measuredOn: ['payment'] },
    ]);
    const store = new MemoryWindowStore(plan, ROOMY);
    const login: Row = { id: 'l', type: 'login', occurredAtMs: START };
    expect(lastOf(store, plan, [login])).toEqual([0, Number.NaN, Number.NaN]);
  });

  it('measures at a type that does not enter the window without entering it', () => {
    const plan = planOf(COUNT);
    const store = new MemoryWindowStore(plan, ROOMY);
    const login = (n: number): Row => ({ ...payment(n, 'a', n), type: 'login' });
    expect(lastOf(store, plan, [payment(0, 'a', 0), login(1), login(2)])).toEqual([1]);
    expect(lastOf(store, plan, [payment(3, 'a', 3)])).toEqual([2]);
  });
});
