import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { campaignSchema } from '../../config/campaign-schema.ts';
import { DryRun, type JudgedGrant } from '../../pipeline/backtest/dry-run.ts';
import type { CampaignReport } from '../../pipeline/backtest/report.ts';
import type { Verdict } from '../../pipeline/decide/decision.ts';
import { EventView } from '../../pipeline/event.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { LiveCampaigns } from '../../pipeline/reward/live-campaigns.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { decision, DRAW_KEY } from '../reward/scenario.ts';
import { at, batchFrom, type PlainEvent } from '../support/events.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const CAMPAIGN = campaignSchema.parse({
  id: 'bills',
  title: 'Bills',
  timezone: 'Asia/Shanghai',
  currency: 'CNY',
  window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
  budgets: { total: { limit: 10_000, children: { spend: { limit: 9_000 } } } },
  offers: [
    {
      id: 'off',
      title: 'Off',
      budget: 'total.spend',
      on: ['payment'],
      tiers: [
        { atLeast: 10_000, off: 500, quota: 100 },
        { atLeast: 20_000, off: 1200, quota: 2 },
      ],
      limits: [{ per: ['customer'], period: 'campaign', max: 1 }],
    },
    {
      id: 'first',
      title: 'First payment',
      budget: 'total',
      on: ['payment'],
      eligible: 'customer.payments == 0',
      atLeast: 50_000,
      off: 100,
      limits: [{ per: ['customer'], period: 'ever', max: 1 }],
    },
    {
      id: 'draw',
      title: 'Draw',
      budget: 'total',
      on: ['login'],
      draw: {
        prizes: [{ id: 'rare', ppm: 1, vouchers: [{ voucher: 'v', face: 100, validFor: '30d' }] }],
        none: { ppm: 999_999 },
        onPrizeEmpty: 'none',
      },
      limits: [{ per: ['customer'], period: 'campaign', max: 1 }],
    },
  ],
});

let redis: TestRedis;
let grants: JudgedGrant[];
beforeAll(async () => {
  redis = await startTestRedis();
});
beforeEach(async () => {
  await redis.connect().flushall();
  grants = [];
});
afterAll(() => redis.close());

interface Step extends PlainEvent {
  readonly verdict?: Verdict;
  readonly fraud?: boolean;
}

let made = 0;
/** A payment of 200.00 of a customer of their own, a second after the one before. */
function pay(customerId: string, facts: Partial<Step> = {}): Step {
  made++;
  return {
    id: `p-${made}`,
    type: 'payment',
    occurredAt: at(made * 1000),
    accountId: `a-${customerId}`,
    ...{ customerId, amount: 20_000, currency: 'CNY' },
    ...facts,
  };
}

/** @param chunk events that the ledger answers for at a time. */
async function run(steps: readonly Step[], chunk = 2): Promise<CampaignReport> {
  const campaigns = new LiveCampaigns([CAMPAIGN], { drawKey: DRAW_KEY });
  const { readsFacts: needed, factPeriods: periods } = campaigns.compiled;
  const log = silentLogger();
  const customers = new CustomerBook({ needed, periods, maxCustomers: 1000, log });
  const dryRun = new DryRun({
    ...{ campaigns, customers, ledger: new Ledger(redis.connect()), configVersion: 'v1' },
    onGrants: (page) => {
      grants.push(...page);
      return Promise.resolve();
    },
  });
  const events = steps.map(({ verdict: _, fraud: __, ...event }) => event);
  const view = new EventView(batchFrom(events), 0);
  for (const [row, { verdict = 'allow', fraud }] of steps.entries()) {
    view.row = row;
    dryRun.add(view, decision(verdict), fraud);
    if (row % chunk === chunk - 1) await dryRun.settle();
  }
  await dryRun.settle();
  return (await dryRun.report())['bills']!;
}

it('says what would have been granted, to how many, at what cost, and why not', async () => {
  const refunded = pay('c3', { amount: 12_000 });
  const report = await run([
    pay('c1'),
    pay('c1'),
    pay('c2', { verdict: 'review' }),
    refunded,
    pay('c4', { verdict: 'block' }),
    pay('c5', { amount: 60_000 }),
    pay('c6', { amount: 9_000 }),
    { ...pay('c3', { amount: 6_000 }), type: 'refund', refundOf: refunded['id'] },
    { ...pay('c6'), type: 'login', amount: undefined },
  ]);
  const none = { noPrize: 0, awaiting: 0, forfeited: 0, clawedBack: 0, interceptedMinor: 0 };
  expect(report.offers['off']).toEqual({
    ...{ ...none, granted: 2, held: 1, voided: 1, interceptedMinor: 1200 },
    rejected: { limit_reached: 1, quota_exhausted: 1 },
    ...{ costMinor: 1200 + 250, pendingMinor: 1200, clawedBackMinor: 250, customers: 3 },
    labels: { 'tier-1': 1, 'tier-2': 2 },
  });
  expect(report.offers['first']).toMatchObject({ granted: 1, costMinor: 100, customers: 1 });
  expect(report.offers['draw']).toMatchObject({ granted: 0, noPrize: 1, customers: 0 });
  expect(report).toMatchObject({
    ...{ costMinor: 1550, pendingMinor: 1200, clawedBackMinor: 250, interceptedMinor: 1200 },
    customers: 4,
    budgets: {
      total: { limit: 10_000, used: 2750 },
      'total.spend': { limit: 9_000, used: 2650 },
    },
  });
  expect(report).not.toHaveProperty('toFraud');
  expect(grants).toHaveLength(8);
  const states = grants.map(({ grant }) => grant.state);
  expect(states.toSorted()).toEqual(
    ['rejected', 'rejected', 'voided', 'posted', 'posted', 'posted', 'posted', 'held'].toSorted(),
  );
});

it('with labels, says what went to fraud and what honest customers lost', async () => {
  const report = await run([
    pay('c1', { fraud: true }),
    pay('c2', { fraud: true, verdict: 'review', amount: 10_000 }),
    pay('c3', { fraud: true, verdict: 'block' }),
    pay('c4', { fraud: false, verdict: 'block' }),
    pay('c5', { fraud: false }),
    pay('c6', { verdict: 'block' }),
  ]);
  expect(report).toMatchObject({
    toFraud: { grants: 2, minor: 1700 },
    honestVoided: { grants: 1, minor: 1200 },
    interceptedMinor: 3600,
  });
  expect(grants.filter(({ fraud }) => fraud === undefined)).toHaveLength(1);
});

it('says the same whatever the ledger answers for at a time', async () => {
  const steps = [pay('c1'), pay('c2'), pay('c3'), pay('c4')];
  const [one, two, three] = [
    await run(steps, 1),
    await redis
      .connect()
      .flushall()
      .then(() => run(steps, 3)),
    await redis
      .connect()
      .flushall()
      .then(() => run(steps, 100)),
  ];
  expect(two).toEqual(one);
  expect(three).toEqual(one);
});
