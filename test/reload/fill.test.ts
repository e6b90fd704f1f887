import { describe, expect, it } from 'vitest';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import { NOTHING_FILLED, warmingOf } from '../../pipeline/reload/fill.ts';

const HOUR_MS = 3_600_000;
const on = ['payment'] as const;
const key = ['ip', 'merchantId'] as const;
const count = { key, on, windowMs: HOUR_MS, aggregate: { kind: 'count' } } as const;
const spent = {
  ...count,
  aggregate: { kind: 'sum', of: 'amountMinor' },
} as const;
const specs: readonly FeatureSpec[] = [
  count,
  { kind: 'ratio', of: spent, to: count },
  { kind: 'lastSeen', key: 'deviceId', on, horizonMs: 48 * HOUR_MS },
  { kind: 'sequence', key: 'accountId', steps: [{ on: ['login'] }, { on }], withinMs: HOUR_MS },
  { kind: 'network', read: 'asn' },
];

describe('what is being filled', () => {
  const requests = specs.map((spec) => ({ spec, measuredOn: on }));

  it('is told feature by feature, in words', () => {
    expect(warmingOf('v1', requests, NOTHING_FILLED).features.map((each) => each.feature)).toEqual([
      'count per ip and merchantId on payment within 1h',
      'sum amountMinor per ip and merchantId on payment within 1h / count per ip and merchantId on payment within 1h',
      'last payment per deviceId within 2d',
      'login, then payment per accountId within 1h',
      'network asn',
    ]);
  });

  it('says how many hours of history it has of those it needs', () => {
    const filled = { events: 7, knownMs: 1.5 * HOUR_MS, neededMs: 24 * HOUR_MS };
    const [first] = warmingOf('v1', requests, filled).features;
    expect(first).toMatchObject({ known: 1.5, needed: 24, unit: 'hours' });
  });
});
