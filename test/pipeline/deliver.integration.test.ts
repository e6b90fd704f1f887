/** From a payment's grant to the system that gives it, and what is on record of that. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { campaignSchema } from '../../config/campaign-schema.ts';
import { systemSchema } from '../../config/schema.ts';
import { Deliveries } from '../../pipeline/act/deliveries.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { openDelivering } from '../../pipeline/deliver.ts';
import { JournalDrain } from '../../pipeline/journal-drain.ts';
import { Lifecycle } from '../../pipeline/lifecycle.ts';
import { recordedDeliveries } from '../../pipeline/record/delivery-history.ts';
import type { Recorder } from '../../pipeline/record/recorder.ts';
import { compileCampaigns } from '../../pipeline/reward/campaign.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';
import { SECRET, until } from '../act/delivering.ts';
import { startRecording } from '../record/recording.ts';
import { event, FRIDAY_NOON_MS, ops, refund, type EventFacts } from '../reward/scenario.ts';
import { redis, store, useStores } from '../support/stores.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const offer = (id: string, benefit: object): object => ({
  id,
  title: id,
  budget: 'total',
  limits: [{ per: ['customer'], max: 5 }],
  delivery: { within: '3d', anchor: 'grant' },
  ...benefit,
});
const list = [
  campaignSchema.parse({
    id: 'bills',
    title: 'Bills',
    timezone: 'Asia/Shanghai',
    currency: 'CNY',
    window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
    budgets: { total: { limit: 1_000_000_000 } },
    offers: [
      offer('off', { off: 1000 }),
      offer('gold', { points: 501 }),
      offer('top-up', {
        vouchers: [{ voucher: 'phone-topup', face: 1000, count: 2, validFor: '15d' }],
      }),
    ],
  }),
];
const compiled = compileCampaigns(list);
const paidNow = campaignSchema.parse({
  id: 'paid-now',
  title: 'Paid now',
  timezone: 'Asia/Shanghai',
  currency: 'CNY',
  window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
  budgets: { total: { limit: 1_000_000_000 } },
  offers: [offer('now', { on: ['payment.authorising'], settle: 'preauth', off: 1000 })],
});
const withPayment = compileCampaigns([paidNow]);
const preauth = (facts: EventFacts): ReturnType<typeof ops> => ops(withPayment, facts);
const FINAL = `SELECT offer_id AS offer, kind, state, count() AS n FROM deliveries FINAL
  GROUP BY offer, kind, state ORDER BY offer, kind`;

useStores({ durable: true });

let receiver: WebhookReceiver;
let recorder: Recorder;
let lifecycle: Lifecycle;
let metrics: Metrics;
let ledger: Ledger;
let journal: JournalDrain;
let starts = 0;

beforeEach(async () => {
  ledger = new Ledger(redis.connect());
  receiver = new WebhookReceiver({ k1: SECRET });
  await receiver.start();
});
afterEach(async () => {
  await lifecycle.close();
  await receiver.stop();
});

/** As the worker starts and joins it up. */
async function start(
  endpoints: readonly string[] = ['cash', 'points', 'voucher'],
  lost = false,
): Promise<void> {
  const [clock, log] = [systemClock, silentLogger()];
  metrics = new Metrics();
  lifecycle = new Lifecycle(clock, log);
  ({ recorder } = await startRecording(store.analytics, {}, `worker-${++starts}`));
  const own = recorder;
  lifecycle.onClose('record', () => own.close());
  const endpoint = { url: receiver.url, allowHttp: true, allowPrivate: true };
  const system = systemSchema.parse({
    delivery: {
      endpoints: Object.fromEntries(endpoints.map((kind) => [kind, endpoint])),
      retry: { firstMs: '5ms', maxMs: '20ms' },
    },
  });
  const environment = { deliveryKeys: `k1:${SECRET}` };
  const config = { campaigns: [...list, paidNow], system };
  const options = { config, environment, clock, log, metrics, lifecycle };
  const delivering = openDelivering(options, { redis, analytics: store.analytics }, recorder);
  const accounts = () => compiled.accounts;
  const fail = (error: unknown): void => lifecycle.fail(error);
  const drain = new JournalDrain({ ledger, recorder, accounts, delivering, clock, log, fail });
  lifecycle.onClose('ledger journal', () => drain.close());
  await delivering.start(lost);
  drain.start();
  journal = drain;
}

async function pay(id: string): Promise<void> {
  await ledger.apply(ops(compiled, { id, customerId: `c-${id}` }));
}

const SLOWLY = { timeout: 100_000 };

/** So many are given, and on record as given: what a stop has no time for waits for the next start. */
async function delivered(count: number): Promise<void> {
  await until(() => receiver.given.size === count);
  const sql = "SELECT count() AS n FROM deliveries FINAL WHERE state = 'delivered'";
  await expect.poll(() => store.analytics.query(sql), SLOWLY).toEqual([{ n: count }]);
}

/** A worker that gives cash alone has given it, and keeps the rest on record. */
async function cashDelivered(): Promise<void> {
  await expect
    .poll(() => store.analytics.query(FINAL), SLOWLY)
    .toMatchObject([
      { kind: 'points', state: 'unrouted' },
      { kind: 'cash', state: 'delivered' },
      { kind: 'voucher', state: 'unrouted', n: 2 },
    ]);
}

const keys = (): string[] => [...receiver.given.keys()].sort();
const bodies = (): { kind: string; item: object }[] =>
  [...receiver.given.values()] as { kind: string; item: object }[];

it('a discount paid with its payment is not delivered; one earned without a reservation is, once', async () => {
  await start();
  await ledger.apply(preauth({ id: 'auth', type: 'payment.authorising', customerId: 'c-1' }));
  await ledger.apply(
    preauth({ id: 'p-1', customerId: 'c-1', attributes: { authorisationId: 'auth' } }),
  );
  await ledger.apply(
    preauth({ id: 'p-2', customerId: 'c-2', attributes: { authorisationId: 'unheard' } }),
  );
  await ledger.apply(preauth({ id: 'r-1', type: 'refund', refundOf: 'p-1', amountMinor: 30_000 }));
  const sql =
    "SELECT customer_id AS customer, state FROM grants FINAL WHERE offer_id != '' ORDER BY customer";
  await expect
    .poll(() => store.analytics.query(sql), SLOWLY)
    .toEqual([
      { customer: 'c-1', state: 'clawed_back' },
      { customer: 'c-2', state: 'posted' },
    ]);
  await delivered(1);
  await lifecycle.close();
  expect(bodies()).toMatchObject([{ kind: 'cash', customerId: 'c-2' }]);
});

describe('what a payment earned', () => {
  it('reaches the systems that give it, and the record says so', async () => {
    await start();
    await pay('p');
    await delivered(4);
    expect(receiver.unverified).toBe(0);
    const dueAt = '2026-11-23T16:00:00.000Z';
    const occurredAt = new Date(FRIDAY_NOON_MS).toISOString();
    const common = { campaignId: 'bills', customerId: 'c-p', dueAt, occurredAt };
    const items = bodies().sort((a, b) => a.kind.localeCompare(b.kind));
    expect(items).toMatchObject([
      { ...common, item: { kind: 'cash', as: 'discount', amountMinor: 1000, currency: 'CNY' } },
      { ...common, item: { kind: 'points', points: 501 } },
      { ...common, item: { voucher: 'phone-topup', faceMinor: 1000 } },
      { ...common, item: { voucher: 'phone-topup', expiresAt: '2026-12-05T16:00:00.000Z' } },
    ]);
    await lifecycle.close();
    expect(await store.analytics.query(FINAL)).toEqual([
      { offer: 'gold', kind: 'points', state: 'delivered', n: 1 },
      { offer: 'off', kind: 'cash', state: 'delivered', n: 1 },
      { offer: 'top-up', kind: 'voucher', state: 'delivered', n: 2 },
    ]);
    const [row] = await store.analytics.query(
      `SELECT attempts, answer, toUnixTimestamp64Milli(due_at) AS due FROM deliveries FINAL WHERE kind = 'points'`,
    );
    expect(row).toEqual({
      attempts: 1,
      answer: 'HTTP 200: {"given":true}',
      due: Date.parse(dueAt),
    });
    const text = await metrics.registry.metrics();
    expect(text).toContain('sheepdog_deliveries_total{kind="voucher",state="delivered"} 2');
  });

  it('is taken back in proportion with a refund, and a voucher with the whole payment', async () => {
    await start();
    await pay('p');
    await ledger.apply(refund(compiled, 'r1', 'p', 10_000));
    await until(() => receiver.given.size === 6);
    const reversed = (): object[] =>
      bodies()
        .filter(({ kind }) => kind === 'reversal')
        .map(({ item }) => item);
    expect(reversed()).toHaveLength(2);
    expect(reversed()).toEqual(
      expect.arrayContaining([
        { kind: 'cash', as: 'discount', amountMinor: 333, currency: 'CNY' },
        { kind: 'points', points: 167 },
      ]),
    );
    await ledger.apply(refund(compiled, 'r2', 'p', 20_000));
    await until(() => receiver.given.size === 10);
    expect(reversed()).toEqual(
      expect.arrayContaining([
        { kind: 'cash', as: 'discount', amountMinor: 667, currency: 'CNY' },
        { kind: 'points', points: 334 },
      ]),
    );
    const vouchers = bodies().filter(({ item }) => 'voucher' in item);
    expect(vouchers.map(({ kind }) => kind).sort()).toEqual([
      'reversal',
      'reversal',
      'voucher',
      'voucher',
    ]);
    const sent = receiver.requests.map(({ headers }) => String(headers['idempotency-key']));
    for (const id of sent.filter((key) => key.includes('.reversal.'))) {
      expect(sent.indexOf(id)).toBeGreaterThan(sent.indexOf(id.split('.reversal.')[0]!));
    }
  });

  it('is delivered once though the journal is read again', async () => {
    await pay('p');
    const connection = redis.connect();
    const before = await connection.xrange(ledger.keys.journal, '-', '+');
    expect(before.length).toBeGreaterThan(3);
    await start();
    await delivered(4);
    await lifecycle.close();
    // As after a crash before the trim; a trimmed stream would not take its old numbers back.
    await connection.del(ledger.keys.journal);
    for (const [id, fields] of before) await connection.xadd(ledger.keys.journal, id, ...fields);
    expect(await ledger.waiting()).toBe(before.length);
    ledger = new Ledger(redis.connect());
    await start();
    await pay('q');
    await until(() => receiver.given.size === 8);
    expect(receiver.requests).toHaveLength(8);
  });

  it('waits on record while nobody is configured to give it', async () => {
    await start(['cash']);
    await pay('p');
    await cashDelivered();
    await expect
      .poll(() => metrics.registry.metrics(), SLOWLY)
      .toContain('sheepdog_deliveries_open{state="unrouted"} 3');
  });
});

it('a Redis that lost everything gets back from the record what was delivered and what was not', async () => {
  await start(['cash']);
  await pay('p');
  await cashDelivered();
  await lifecycle.close();
  await redis.connect().flushall();
  await start();
  await until(() => receiver.given.size === 4);
  expect(receiver.requests).toHaveLength(4);
  expect(keys()).toHaveLength(4);
});

describe('a Redis that loses what it took in a moment ago', () => {
  /** Nothing is carried from the ledger of deliveries into the record: as in the seconds before a crash. */
  async function payAndLose(): Promise<void> {
    await start([]);
    await pay('p');
    await until(async () => (await ledger.waiting()) === 0);
    const changes = (await redis.connect().keys('*:changes'))[0]!;
    await redis.connect().del(changes);
    await lifecycle.close();
  }

  it('gets it back with the ledger’s own rows, and it is delivered once', async () => {
    await payAndLose();
    await redis.connect().flushall();
    ledger = new Ledger(redis.connect());
    await start();
    await until(() => receiver.given.size === 4);
    expect(keys()).toHaveLength(4);
  });

  it('gets it back too where it has lost only that', async () => {
    await payAndLose();
    const connection = redis.connect();
    for (const name of ['records', 'unrouted', 'held']) {
      await connection.del(`{sheepdog}:deliveries:${name}`);
    }
    for (const key of await connection.keys('{sheepdog}:jobs*')) await connection.del(key);
    await start(undefined, true);
    await until(() => receiver.given.size === 4);
    expect(keys()).toHaveLength(4);
  });

  it('is told of deliveries that were acknowledged, and they are not sent again', async () => {
    await start();
    await pay('p');
    await delivered(4);
    const deliveries = new Deliveries(redis.connect());
    await lifecycle.close();
    const sent = receiver.requests.length;
    const connection = redis.connect();
    await connection.del('{sheepdog}:deliveries:delivered');
    for await (const page of recordedDeliveries(store.analytics)) {
      await deliveries.place(page.map((each) => ({ ...each, state: 'waiting' })));
    }
    expect(await deliveries.count('waiting')).toMatchObject({ count: 4 });
    await start(undefined, true);
    await until(async () => (await deliveries.count('waiting')).count === 0);
    expect(receiver.requests).toHaveLength(sent);
  });
});

it('the first row of a delivery that is written again does not hide what became of it', async () => {
  await pay('p');
  const connection = redis.connect();
  const before = await connection.xrange(ledger.keys.journal, '-', '+');
  await start();
  await delivered(4);
  await lifecycle.close();
  await connection.del(ledger.keys.journal);
  for (const [id, fields] of before) await connection.xadd(ledger.keys.journal, id, ...fields);
  ledger = new Ledger(redis.connect());
  await start();
  await until(async () => (await ledger.waiting()) === 0);
  await lifecycle.close();
  expect(await store.analytics.query(FINAL)).toMatchObject([
    { kind: 'points', state: 'delivered' },
    { kind: 'cash', state: 'delivered' },
    { kind: 'voucher', state: 'delivered', n: 2 },
  ]);
});

it('entries that could not be handed on are told again, and not trimmed before', async () => {
  await start();
  await lifecycle.close();
  await pay('p');
  const { recorder: again } = await startRecording(store.analytics, {}, `worker-${++starts}`);
  const told: string[] = [];
  let away = true;
  const log = silentLogger();
  journal = new JournalDrain({
    ledger,
    recorder: again,
    accounts: () => compiled.accounts,
    delivering: {
      recordsOf: () => [],
      take: (entries) => {
        if (away) return Promise.reject(new Error('Connection is closed'));
        told.push(...entries.map(({ grant }) => grant.offerId));
        return Promise.resolve();
      },
    },
    clock: systemClock,
    log,
    fail: (error) => lifecycle.fail(error),
  });
  await journal.drainNow();
  const waiting = await ledger.waiting();
  expect(waiting).toBeGreaterThan(0);
  await ledger.apply(ops(compiled, event({ id: 'q', customerId: 'c-q' })));
  away = false;
  await journal.drainNow();
  expect(new Set(told)).toEqual(new Set(['off', 'gold', 'top-up']));
  expect(told.length).toBe(2 * waiting);
  expect(await ledger.waiting()).toBe(0);
  await again.close();
});

it('the ledger of deliveries is asked for the record only when it is not complete', async () => {
  await start();
  const deliveries = new Deliveries(redis.connect());
  expect(await deliveries.isComplete()).toBe(true);
  await redis.connect().flushall();
  expect(await deliveries.isComplete()).toBe(false);
});
