import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BENCH_KEYS } from '../bench/path.ts';
import { replayAsOf, type AsOfReport } from '../../pipeline/backtest/as-of.ts';
import { RecordedEvents } from '../../pipeline/backtest/recorded-events.ts';
import { recordedPast } from '../../pipeline/backtest/recorded-past.ts';
import { loadVersions } from '../../pipeline/backtest/versions.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { Command } from '../../pipeline/decide/account-action.ts';
import { inEventOrder } from '../../pipeline/ingest/event-order.ts';
import type { RawBatch, Source } from '../../pipeline/ingest/source.ts';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, paymentOf, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';
import { catalogue, startReloading, type Reloading } from '../support/reloading.ts';

const ALL = '1';
const stream: readonly PlainEvent[] = [
  ...simulate({ seed: 8, startMs: START_MS, minutes: 10, ratePerSecond: 3, attackShare: 0.2 }),
].map((event) => ({ ...event }));

let store: TemporaryAnalytics;
let running: Reloading;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
beforeEach(async () => {
  running = await startReloading(store.analytics);
});
afterEach(async () => {
  await running.close();
  await store.clear();
});
afterAll(() => store.close());

async function delivered(source: Source): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  const take = (batch: RawBatch): Promise<void> => {
    for (const { bytes } of batch.records) {
      events.push(JSON.parse(bytes.toString()) as Record<string, unknown>);
    }
    return Promise.resolve();
  };
  await source.run(take, new AbortController().signal);
  return events;
}

function sourceOf(events: readonly PlainEvent[]): Source {
  const records = events.map((event, index) => ({
    ...{ bytes: Buffer.from(JSON.stringify(event)), receivedAtMs: START_MS + 1e9 },
    position: String(index),
  }));
  return { name: 'test', run: (deliver) => deliver({ source: 'test', records }) };
}

async function replayed(): Promise<AsOfReport> {
  await running.recorder.flush();
  return replayAsOf({
    past: recordedPast(store.analytics, ALL),
    versions: await loadVersions(store.analytics, ALL, catalogue),
    keys: BENCH_KEYS,
    clock: systemClock,
  });
}

let orders = 0;
async function order(what: object): Promise<void> {
  orders++;
  const audit = { id: `${String(START_MS + orders)}-0`, actor: 'ann', reason: 'test' };
  const command = { ...audit, issuedAtMs: START_MS + 60_000, ...what } as Command;
  expect(await running.pipeline.obey(command)).toMatchObject({ accepted: true });
}

describe('history from the record', () => {
  it('comes in the order of a file, whatever the order of arrival', async () => {
    const shuffled = stream.map((_, i) => stream[(i * 7919) % stream.length]!);
    expect(new Set(shuffled).size).toBe(stream.length);
    await running.decide(shuffled);
    await running.recorder.flush();
    const source = new RecordedEvents({ analytics: store.analytics, isHistory: ALL });
    const file = inEventOrder(sourceOf(stream), { decoder: testDecoder() });
    const ids = (events: readonly Record<string, unknown>[]) => events.map(({ id }) => id);
    expect(ids(await delivered(source))).toEqual(ids(await delivered(file)));
  });

  it('has the latest word on an event as its label, and keeps the label it came with', async () => {
    const label = (id: string, more: PlainEvent = {}) => paymentOf({ id, accountId: id, ...more });
    await running.decide([
      label('a', { label: 'honest' }),
      label('b', { label: 'honest' }),
      label('c'),
    ]);
    for (const word of ['false_positive', 'confirmed']) {
      await order({ kind: 'label', decisionId: 'dec_a', label: word });
    }
    await order({ kind: 'label', decisionId: 'dec_c', label: 'false_positive' });
    await running.recorder.flush();
    const source = new RecordedEvents({ analytics: store.analytics, isHistory: ALL });
    const labels = (await delivered(source)).map((event) => event['label']);
    expect(labels).toEqual(['fraud', 'honest', 'honest']);
  });

  it('is cut to the time asked for, its end exclusive, and refuses a time without any', async () => {
    const events = [0, 1, 2, 3].map((n) =>
      paymentOf({ id: `e-${String(n)}`, accountId: `a-${String(n)}`, occurredAt: at(n * 1000) }),
    );
    await running.decide(events);
    await running.recorder.flush();
    const within = { analytics: store.analytics, isHistory: ALL, fromMs: START_MS + 1000 };
    const source = new RecordedEvents({ ...within, toMs: START_MS + 3000 });
    expect((await delivered(source)).map(({ id }) => id)).toEqual(['e-1', 'e-2']);
    const later = new RecordedEvents({ ...within, fromMs: START_MS + 4000 });
    await expect(delivered(later)).rejects.toThrow(/no events are on record in the time asked for/);
  });
});

describe('a replay by the versions of then', () => {
  const PAYMENTS = 'payments: { review: 8, block: 20, conclusive: 40 }';
  const [early, later] = [stream.slice(0, stream.length / 2), stream.slice(stream.length / 2)];

  it('decides every event as it was decided, over reloads, canaries, orders and lists', async () => {
    await running.decide(early);
    await running.edit(
      'detectors.yaml',
      PAYMENTS,
      'payments: { review: 3, block: 4, conclusive: 5 }',
    );
    const victim = String(later.at(-1)!['accountId']);
    await order({ kind: 'freeze', accountId: victim });
    await order({
      kind: 'list',
      order: {
        ...{ op: 'add', list: 'block' },
        entries: [
          {
            kind: 'merchants',
            value: String(later.find((each) => each['merchantId'] !== undefined)!['merchantId']),
          },
        ],
      },
    });
    await running.edit('sheepdog.yaml', '  share: 1', '  share: 0.5');
    await running.edit(
      'detectors.yaml',
      'payments: { review: 3, block: 4',
      'payments: { review: 2, block: 4',
    );
    const decided = await running.decide(later);
    expect(running.live.trial).toBeDefined();
    const reasons = new Set(decided.flatMap((each) => each?.reasons ?? []));
    expect([...reasons]).toEqual(expect.arrayContaining(['account_frozen', 'block_list']));
    const { asOf, events } = await replayed();
    expect(asOf.decisions).toEqual([]);
    expect(asOf).toMatchObject({ differing: 0, lost: {}, orders: 2, notes: [] });
    expect(events).toBe(stream.length);
    expect(Object.keys(asOf.versions).length).toBeGreaterThanOrEqual(3);
  });

  it('tells of the events that are decided otherwise, with both answers', async () => {
    await running.decide(early);
    await running.recorder.flush();
    const id = String(early[3]!['id']);
    await store.analytics.command(
      `ALTER TABLE decisions UPDATE verdict = 'block', reasons = ['conclusive_finding'] WHERE event_id = '${id}' SETTINGS mutations_sync = 2`,
    );
    const { asOf } = await replayed();
    expect(asOf.differing).toBe(1);
    expect(asOf.decisions[0]).toMatchObject({ eventId: id, recorded: { verdict: 'block' } });
  });

  it('names a version that can no longer be loaded, and does not judge its events', async () => {
    const { version } = running.live.active;
    await running.decide(early);
    await running.edit(
      'detectors.yaml',
      PAYMENTS,
      'payments: { review: 3, block: 4, conclusive: 5 }',
    );
    await running.decide(later);
    await running.recorder.flush();
    await store.analytics.command(
      `ALTER TABLE config_versions DELETE WHERE version = '${version}' SETTINGS mutations_sync = 2`,
    );
    const { asOf, events } = await replayed();
    expect(asOf.lost).toEqual({ [version]: 'its files were never stored' });
    expect(asOf.versions[version]).toEqual({ events: early.length, differing: 0 });
    expect(events).toBe(later.length);
  });
});
