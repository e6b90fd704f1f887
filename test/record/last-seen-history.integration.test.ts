import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layFeatures, type FeatureLayout } from '../../pipeline/detect/feature-layout.ts';
import type { LastSeenFeature } from '../../pipeline/detect/feature.ts';
import type { LatestQuery } from '../../pipeline/detect/last-seen-source.ts';
import type { EventType } from '../../pipeline/event.ts';
import { latestRows } from '../../pipeline/record/last-seen-history.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, START_MS, type PlainEvent } from '../support/events.ts';
import { decoded, expectSameAfterRestart, write } from './recall.ts';
import { startRecording } from './recording.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LATENESS = 30 * MINUTE;
const ON: readonly EventType[] = ['payment', 'login'];
const COMMON = { kind: 'lastSeen', on: ON, horizonMs: 60 * DAY } as const;
const SPECS: readonly LastSeenFeature[] = [
  { ...COMMON, key: 'accountId' },
  { ...COMMON, key: 'accountId', horizonMs: 3 * DAY },
  { ...COMMON, key: ['ipPrefix', 'campaignId'], on: ['payment'] },
  { ...COMMON, key: 'accountId', where: [{ field: 'amountMinor', atLeast: 200 }] },
  { ...COMMON, key: 'ip', where: [{ field: 'place', atLeast: 21_749_001_000_000 }] },
  {
    ...{ ...COMMON, key: 'amount' },
    where: [
      { field: 'campaignId', notIn: ['spring', "o'\\neil"] },
      { field: 'channel', in: ['app', "o'\\neil"] },
    ],
  },
];

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());

const events: fc.Arbitrary<readonly PlainEvent[]> = fc
  .array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 90 * DAY }),
      behindMs: fc.constantFrom(0, 0, 0, MINUTE, LATENESS - 1, 3 * HOUR),
      type: fc.constantFrom(...ON),
      accountId: fc.constantFrom('a1', 'a2', 'a3', 'unknown'),
      ip: fc.constantFrom('203.0.113.1', '203.0.113.2', '2001:db8::1', '0.0.0.0', 'token'),
      campaignId: fc.constantFrom('spring', 17, true, undefined, '', "o'\\neil"),
      channel: fc.constantFrom('app', "o'\\neil", '', undefined),
      amount: fc.constantFrom(100, 200, undefined),
      geo: fc.constantFrom(undefined, { lat: 31.2, lon: 121.4 }, { lat: -31.2, lon: 0 }),
    }),
    { minLength: 20, maxLength: 100, size: 'max' },
  )
  .map((all) =>
    all
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ atMs, behindMs, campaignId, ...rest }, index) => ({
        ...{ id: `e-${index}`, occurredAt: at(atMs - behindMs), currency: 'CNY' },
        ...{ ...rest, attributes: { campaignId } },
      })),
  );

function lay(): FeatureLayout {
  return layFeatures(
    SPECS.map((spec) => ({ spec, measuredOn: ON })),
    { allowedLatenessMs: LATENESS, maxKeys: 10_000, maxEntries: 10_000 },
  );
}

describe('how long a key had been quiet', () => {
  it('is measured after a restart as by the one that never stopped, though events are read back for an hour', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), async (all, cut) => {
        await store.clear();
        const durable = 1 + (cut % all.length);
        await expectSameAfterRestart(store.analytics, lay, all, { durable, restoredMs: HOUR });
      }),
      { numRuns: 12 },
    );
  }, 360_000);

  it('is read a share of the keys at a time, every key once', async () => {
    await store.clear();
    const { recorder } = await startRecording(store.analytics);
    const logins = Array.from({ length: 40 }, (_, i) => ({
      ...{ id: `l-${i}`, type: 'login', accountId: `a-${i % 20}`, occurredAt: at(i * MINUTE) },
    }));
    await write(recorder, decoded(logins), true);
    const query: LatestQuery = {
      keys: ['accountId'],
      on: ['login'],
      where: [],
      fromMs: START_MS,
      toMs: START_MS + 38 * MINUTE,
    };
    const rows = [];
    for await (const page of latestRows(store.analytics, 'true', query, 7)) rows.push(...page);
    const wanted = Array.from({ length: 20 }, (_, i) => [
      `a-${i}`,
      START_MS + (i === 19 ? i : i + 20) * MINUTE,
    ]);
    expect(rows.map(({ keys, occurredAtMs }) => [keys[0], occurredAtMs]).sort()).toEqual(
      wanted.sort(),
    );
  });
});
