/** A stream that had begun long before the events that are read back: none of its keys is one of its beginning. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { layFeatures, type FeatureLayout } from '../../pipeline/detect/feature-layout.ts';
import { openHistory } from '../../pipeline/record/history.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, START_MS, type PlainEvent } from '../support/events.ts';
import { decoded, expectSameAfterRestart, write } from './recall.ts';
import { startRecording } from './recording.ts';

const MINUTE = 60_000;
const LATENESS = 2 * MINUTE;
const UNTIL = 20 * MINUTE;

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
beforeEach(() => store.clear());
afterAll(() => store.close());

/** Addresses that come again and again, an event a minute. */
const slow = (events: number): PlainEvent[] =>
  Array.from({ length: events }, (_, i) => ({
    ...{ id: `e-${i}`, type: 'login', accountId: `a-${i}`, ip: `203.0.113.${1 + (i % 7)}` },
    occurredAt: at(i * MINUTE),
  }));

function lay(): FeatureLayout {
  const spec = { kind: 'early', key: 'ip', withinMs: 2 * MINUTE, untilMs: UNTIL } as const;
  const limits = { allowedLatenessMs: LATENESS, maxKeys: 1000, maxEntries: 10_000 };
  return layFeatures([{ spec, measuredOn: ['login'] }], limits);
}

describe('the beginning of a slow stream', () => {
  it('is not taken to be where the events that are read back begin', async () => {
    const reach = { durable: 300, restoredMs: UNTIL + LATENESS };
    await expectSameAfterRestart(store.analytics, lay, slow(420), reach);
  });

  it('is over once history has so many events, told once each, in time, none of them torn', async () => {
    const events = slow(30);
    const before = await startRecording(store.analytics);
    const batch = decoded(events.slice(0, 20));
    batch.late[3] = 1;
    await write(before.recorder, batch, true);
    await write(before.recorder, decoded(events.slice(20)), false);
    await store.analytics.command('INSERT INTO events SELECT * FROM events');
    const history = await openHistory(store.analytics, 'worker-1');
    const has = (minutes: number, count: number): Promise<boolean> =>
      history.hasBefore(START_MS + minutes * MINUTE, count);
    expect(await has(10, 9)).toBe(true);
    expect(await has(10, 10)).toBe(false);
    expect(await has(60, 19)).toBe(true);
    expect(await has(60, 20)).toBe(false);
  });
});
