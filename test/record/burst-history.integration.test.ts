import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AsnReader, type AsnDatabase } from '../../pipeline/detect/asn.ts';
import type { BurstFeature } from '../../pipeline/detect/burst-feature.ts';
import type { BucketQuery } from '../../pipeline/detect/burst-source.ts';
import { layFeatures, type FeatureLayout } from '../../pipeline/detect/feature-layout.ts';
import type { EventType } from '../../pipeline/event.ts';
import { bucketRows } from '../../pipeline/record/burst-history.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, START_MS, type PlainEvent } from '../support/events.ts';
import { decoded, expectSameAfterRestart, write } from './recall.ts';
import { startRecording } from './recording.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LATENESS = 30 * MINUTE;
const ON: readonly EventType[] = ['payment', 'login', 'account.opened'];
const COMMON = { kind: 'burst', days: 4, knownDays: 1, from: 0, read: 'score' } as const;
const SPECS: readonly BurstFeature[] = [
  { ...COMMON, key: 'merchantId', on: ['payment'], bucketMs: HOUR },
  { ...COMMON, key: 'merchantId', on: ['payment'], bucketMs: HOUR, read: 'known' },
  { ...COMMON, key: ['ipPrefix'], on: ON, distinct: 'accountId', bucketMs: 5 * MINUTE },
  {
    ...{ ...COMMON, key: 'asn', on: ['account.opened'], seenOn: ['login'] },
    ...{ distinct: 'deviceId', bucketMs: 20 * MINUTE, read: 'baseline' },
  },
  { ...COMMON, key: ['campaignId', 'ip'], on: ON, bucketMs: HOUR, read: 'known' },
  { ...COMMON, key: ['merchantId', 'amount'], on: ON, bucketMs: HOUR },
];
/** One operator a tens digit. */
const ASN: AsnDatabase = {
  numberOf: (ip) => (ip.startsWith('203.') ? 64_500 + (Number(ip.at(-1)) % 2) : Number.NaN),
  operatorOf: () => undefined,
  builtAtMs: 0,
};

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());

const ACCOUNTS = ['a1', 'a2', 'a3', 'unknown', '00000000'];
const ADDRESSES = ['203.0.113.1', '203.0.113.2', '203.0.114.2', '2001:db8::1', '0.0.0.0', 'token'];
const CAMPAIGNS = ['spring', 17, true, undefined, ''];

/** Events of six days in their order of arrival, most in time, some repeated in their bucket. */
const events: fc.Arbitrary<readonly PlainEvent[]> = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 5 }),
      hour: fc.constantFrom(0, 9, 9, 23),
      atMs: fc.integer({ min: 0, max: HOUR - 1 }),
      behindMs: fc.constantFrom(0, 0, 0, MINUTE, LATENESS - 1, 3 * HOUR),
      type: fc.constantFrom(...ON),
      accountId: fc.constantFrom(...ACCOUNTS),
      deviceId: fc.constantFrom(...ACCOUNTS),
      ip: fc.constantFrom(...ADDRESSES),
      merchantId: fc.constantFrom('m1', 'm2'),
      campaignId: fc.constantFrom(...CAMPAIGNS),
      amount: fc.constantFrom(100, 200),
    }),
    { minLength: 40, maxLength: 200, size: 'max' },
  )
  .map((all) =>
    all
      .map((one) => ({ ...one, clockMs: one.day * DAY + one.hour * HOUR + one.atMs }))
      .sort((a, b) => a.clockMs - b.clockMs)
      .map(({ clockMs, behindMs, type, campaignId, amount, ...rest }, index) => ({
        ...{ id: `e-${index}`, type, occurredAt: at(clockMs - behindMs), amount, currency: 'CNY' },
        ...{ accountId: rest.accountId, deviceId: rest.deviceId, ip: rest.ip },
        ...{ merchantId: rest.merchantId, attributes: { campaignId } },
      })),
  );

function lay(): FeatureLayout {
  return layFeatures(
    SPECS.map((spec) => ({ spec, measuredOn: ON })),
    {
      ...{ allowedLatenessMs: LATENESS, maxKeys: 10_000, maxEntries: 100_000 },
      asn: new AsnReader(ASN),
    },
  );
}

describe('bursts after a restart', () => {
  it('are measured as by the one that never stopped, through torn rows and repeated inserts', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), async (all, cut) => {
        await store.clear();
        const durable = 1 + (cut % all.length);
        await expectSameAfterRestart(store.analytics, lay, all, {
          durable,
          restoredMs: DAY + LATENESS,
        });
      }),
      { numRuns: 12 },
    );
  }, 360_000);

  it('are read a slice at a time, and no later than asked', async () => {
    await store.clear();
    const { recorder } = await startRecording(store.analytics);
    const payments = Array.from({ length: 30 }, (_, i) => ({
      ...{ id: `p-${i}`, type: 'payment', accountId: 'a', merchantId: 'm' },
      ...{ amount: 1, currency: 'CNY', occurredAt: at((i % 10) * HOUR) },
    }));
    await write(recorder, decoded(payments), true);
    const query: BucketQuery = {
      keys: ['merchantId'],
      on: ['payment'],
      seen: ['payment'],
      distinct: undefined,
      bucketMs: HOUR,
      fromMs: START_MS + HOUR,
      beforeMs: START_MS + 9 * HOUR,
    };
    const rows = [];
    for await (const page of bucketRows(store.analytics, 'true', query, 7)) rows.push(...page);
    expect(rows).toEqual(
      Array.from({ length: 8 }, (_, i) => ({
        ...{ bucketStartMs: START_MS + (i + 1) * HOUR, keys: ['m'], count: 3, member: '' },
      })),
    );
  });
});
