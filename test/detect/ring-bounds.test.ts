/** Values that very many accounts or events meet: the graph stays small, answers at once, and finds rings beside them. */

import { describe, expect, it } from 'vitest';
import type { RingFeature } from '../../pipeline/detect/ring-feature.ts';
import { RingSource } from '../../pipeline/detect/ring-source.ts';
import { EventBatch, typeCodeOf } from '../../pipeline/event.ts';
import { keyColumn } from '../../pipeline/event-fields.ts';

const HOUR = 3_600_000;
const ON = ['login'] as const;
const SPECS: readonly RingFeature[] = [
  {
    kind: 'ring',
    on: ON,
    links: [
      { field: 'deviceId', windowMs: HOUR, accounts: 8 },
      { field: 'ip', windowMs: HOUR, accounts: 5 },
    ],
    newMs: HOUR,
    value: 'accounts',
  },
  {
    kind: 'ring',
    on: ON,
    links: [{ field: 'deviceId', windowMs: HOUR, accounts: 100 }],
    newMs: 0,
    value: 'own',
  },
];
const SIZE = 1000;
/** Thousands of times what any list keeps: a cost that grew with it would pass every bound below. */
const MANY = 100_000;

interface Visit {
  readonly atMs: number;
  readonly account: number;
  readonly device: number;
  readonly ip: number;
}

/** Runs visits through a source. @returns the last row's values and the CPU time an event took, in microseconds. */
function run(
  source: RingSource,
  count: number,
  visit: (n: number) => Visit,
): { last: number[]; eachUs: number } {
  const batch = new EventBatch(SIZE);
  batch.typeCode.fill(typeCodeOf('login'));
  batch.length = SIZE;
  const out = { width: SPECS.length, values: new Float64Array(SIZE * SPECS.length) };
  const started = process.cpuUsage();
  for (let from = 0; from < count; from += SIZE) {
    for (let i = 0; i < SIZE; i++) {
      const { atMs, account, device, ip } = visit(from + i);
      batch.occurredAtMs[i] = atMs;
      for (const [field, key] of [
        ['accountId', account],
        ['deviceId', device],
        ['ip', ip],
      ] as const) {
        const at = keyColumn(field) * SIZE + i;
        batch.keyLo[at] = Math.imul(key + 1, 0x9e3779b1);
        batch.keyHi[at] = key + 1;
      }
    }
    source.measure(batch, 0, SIZE, out);
  }
  const { user, system } = process.cpuUsage(started);
  return { last: [...out.values.slice(-SPECS.length)], eachUs: (user + system) / count };
}

/** What an event takes, in microseconds of CPU time on this machine, where nobody shares anything with many. */
function usualUs(): number {
  const few = (n: number): Visit => ({ atMs: n, account: n % 5, device: n % 5, ip: n % 5 });
  return run(sourceOf(), MANY, few).eachUs;
}

function sourceOf(maxKeys = 4_000_000): RingSource {
  const requests = SPECS.map((spec, column) => ({ spec, measuredOn: ON, column }));
  return new RingSource(requests, { allowedLatenessMs: 60_000, maxKeys });
}

describe('one address with a hundred thousand accounts', () => {
  it('is a hub that keeps six of them, and joins nobody', () => {
    const source = sourceOf();
    const { last, eachUs } = run(source, MANY, (n) => {
      return { atMs: n, account: n, device: n, ip: 1 };
    });
    expect(last[0]).toBe(1);
    const address = source.graph.nodes.find(Math.imul(2, 0x9e3779b1), 2, 2);
    expect(source.graph.links.count(address)).toBe(6);
    // Far above what is measured, far below anything that grows with the number of accounts.
    expect(eachUs).toBeLessThan(10 * usualUs());
  });
});

describe('one device with a hundred thousand events', () => {
  it('costs the same as one with a few, and keeps no more accounts than its limit asks for', () => {
    const source = sourceOf();
    const { last, eachUs } = run(source, MANY, (n) => {
      return { atMs: n, account: n % 5000, device: 1, ip: n % 7000 };
    });
    expect(last[1]).toBe(0);
    const device = source.graph.nodes.find(Math.imul(2, 0x9e3779b1), 2, 1);
    expect(source.graph.links.count(device)).toBe(101);
    expect(source.stats().keys).toBeLessThanOrEqual(5000 + 7000 + 1);
    expect(eachUs).toBeLessThan(10 * usualUs());
  });
});

describe('memory', () => {
  it('is given back as links expire', () => {
    const source = sourceOf();
    // A new account with a device and an address of its own every second: an hour of them is alive.
    run(source, 40_000, (n) => ({ atMs: n * 1000, account: n, device: n, ip: n }));
    expect(source.stats().keys).toBeLessThan(3 * 3 * 3660);
    expect(source.stats().bytes).toBeLessThan(8_000_000);
  });

  it('ends at the cap on keys, and what that kept out is counted', () => {
    const source = sourceOf(300);
    const { last } = run(source, 1000, (n) => ({ atMs: n, account: n, device: n, ip: n }));
    expect(source.stats().keys).toBe(300);
    expect(source.stats().capped).toBeGreaterThan(0);
    expect(last[0]).toBe(1);
  });
});
