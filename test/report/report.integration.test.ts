import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CampaignReport } from '../../pipeline/report/document.ts';
import { RowBuffers } from '../../pipeline/record/row-buffers.ts';
import { REPORTED_TABLES } from '../../pipeline/report/answers.ts';
import { campaignReport } from '../../pipeline/report/report.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { insertAutumn } from './autumn.ts';
import { insert, at, AUTUMN } from './history.ts';

const SETTINGS = { marginBp: 60, placeholders: ['unknown'], configVersion: 'v1' };

let store: TemporaryAnalytics;
let report: CampaignReport;
beforeAll(async () => {
  store = await temporaryAnalytics();
  await insertAutumn(store.analytics);
  report = await campaignReport(store.analytics, AUTUMN, SETTINGS);
});
afterAll(() => store.close());

const value = (key: string): number | null => report.figures[key]!.value;
const rows = (section: string, table: string) => report.sections[section]!.tables[table]!.rows;
const values = (section: string, chart: string) => report.sections[section]!.charts[chart]!;

describe('the figures of a history made by hand', () => {
  test('payments are those that were neither blocked nor confirmed, amounts less refunds', () => {
    expect(value('payments')).toBe(4);
    expect(value('amount')).toBe(100_000 - 5000);
    expect(value('averageTicket')).toBe(25_000);
    expect(value('activeCustomers')).toBe(3);
    expect(value('instalmentAmount')).toBe(500_000);
    expect(value('amountGrowth')).toBe((95_000 - 10_000) / 10_000);
  });

  test('new customers, cards and rates', () => {
    expect(value('newCustomers')).toBe(1);
    expect(value('firstSpendRate')).toBe(1);
    expect(value('cardsIssued')).toBe(2);
    expect(value('activationRate')).toBe(1 / 2);
    expect(value('redemptionRate')).toBe(1 / 3);
    // sleeper and asleep were dormant; sleeper woke.
    expect(value('wakeUpRate')).toBe(1 / 2);
    // nova came back on the first instant after the end, old a millisecond after the thirtieth day.
    expect(value('participants')).toBe(2);
    expect(value('retentionRate')).toBe(1 / 2);
  });

  test('cost is posted less taken back, and the return follows from it', () => {
    expect(value('cost')).toBe(3000 + 2000 + 1500);
    expect(value('pending')).toBe(3000);
    expect(value('intercepted')).toBe(6000);
    expect(value('newRevenue')).toBe(510);
    expect(value('roi')).toBeCloseTo((510 - 6500) / 6500, 12);
    expect(value('costBenefit')).toBeCloseTo(6500 / 510, 12);
  });
});

test('rows that are still to be written are told of every table that is read, and of no other', async () => {
  const read = new Set<string>();
  const query: typeof store.analytics.query = (sql, parameters) => {
    for (const [, table] of sql.matchAll(/\b(?:FROM|JOIN) ([a-z_]+)\b/g)) read.add(table!);
    return store.analytics.query(sql, parameters);
  };
  await campaignReport({ query }, AUTUMN, SETTINGS);
  const recorded = new RowBuffers().tables.map(({ table }) => table.name);
  // Balances are the sum of entries, written anew now and then.
  const counted = recorded.filter((name) => read.has(name) && name !== 'ledger_balances');
  expect([...REPORTED_TABLES]).toEqual(counted.toSorted());
});

test('revenue is rounded down to the fen', async () => {
  const poor = await campaignReport(store.analytics, AUTUMN, { ...SETTINGS, marginBp: 7 });
  expect(poor.figures['newRevenue']!.value).toBe(59);
});

describe('the tables', () => {
  test('every fen of the gross value is in one step on the way to the cost', () => {
    const [gross, ...steps] = rows('risk', 'grossToNet').map(({ amountMinor }) =>
      Number(amountMinor),
    );
    expect(gross).toBe(3000 * 6 + 2000);
    expect(steps).toEqual([3000, 3000, 1000, 0, 3000, 500, 3000, 6500]);
    expect(steps.reduce((sum, step) => sum + step, 0)).toBe(gross);
  });

  test('a budget line counts the lines below it, with what people moved', () => {
    expect(rows('money', 'lines')).toMatchObject([
      { line: 'total', limit: 1_000_000, costMinor: 6500, pendingMinor: 3000, left: 990_500 },
      { line: 'total.reward', limit: 595_000, costMinor: 5000, pendingMinor: 0 },
      {
        line: 'total.gifts',
        limit: 205_000,
        costMinor: 1500,
        pendingMinor: 3000,
        expiredMinor: 500,
      },
    ]);
  });

  test('quotas and stock stand as the ledger’s entries add up, each entry once', () => {
    expect(rows('rewards', 'quotas')).toMatchObject([
      { kind: 'stock', name: 'cup', limit: 10, posted: 0, pending: 1, left: 9 },
      { kind: 'quota', name: 'spend', limit: 150, posted: 2, pending: 0, left: 148 },
      { kind: 'quota', name: 'gift', limit: 10, left: 10 },
    ]);
  });

  test('C42 each offer stands beside what its rewards were earned on, for each unit of its cost', () => {
    expect(rows('money', 'offers')).toMatchObject([
      { offer: '杯子 (gift)', paymentMinor: 0, costMinor: 0, perCost: null },
      { offer: '优惠券 (pack)', paymentMinor: 0, costMinor: 1500, perCost: 0 },
      { offer: '满200减30 (spend)', paymentMinor: 100_000, costMinor: 5000, perCost: 20 },
    ]);
  });

  test('the cost is shared out to the fen', () => {
    expect(rows('money', 'funding')).toMatchObject([
      { party: 'bank', costMinor: 3350 },
      { party: 'merchant', costMinor: 1650 },
    ]);
  });

  test('the funnel goes by the channel of the first view, the warm-up included', () => {
    expect(rows('customers', 'funnel')).toMatchObject([
      { channel: 'all channels', viewed: 2, acquired: 1, spent: 1, repeated: 1 },
      { channel: 'app', viewed: 1, acquired: 0, spentShare: null },
      { channel: 'douyin', viewed: 1, acquired: 1, spent: 1, repeated: 1 },
    ]);
  });

  test('new and existing customers add up to the whole', () => {
    expect(rows('customers', 'split')).toMatchObject([
      {
        who: 'new',
        customers: 1,
        payments: 2,
        amountMinor: 60_000,
        participants: 1,
        costMinor: 2000,
      },
      {
        who: 'existing',
        customers: 2,
        payments: 2,
        amountMinor: 40_000,
        stoppedPayments: 2,
        stoppedMinor: 110_000,
        participants: 1,
        participantsGross: 2,
        interceptedMinor: 3000,
      },
    ]);
  });

  test('vouchers are cohorts of the local month of issue, voided ones left out', () => {
    expect(rows('rewards', 'vouchers')).toMatchObject([
      { cohort: '2026-10', issued: 2, redeemed: 1, expired: 1, voided: 1, rate: 0.5 },
      { cohort: '2026-11', issued: 1, open: 1, rate: 0 },
    ]);
  });

  test('patterns name detector, reason and the money they kept', () => {
    expect(rows('risk', 'patterns')).toEqual([
      {
        detector: 'no detector',
        reason: 'review_confirmed',
        events: 1,
        accounts: 1,
        paymentMinor: 60_000,
        grants: 1,
        rewardMinor: 3000,
      },
      {
        detector: 'same-device',
        reason: 'independent_findings',
        events: 1,
        accounts: 1,
        paymentMinor: 50_000,
        grants: 1,
        rewardMinor: 3000,
      },
      {
        detector: 'same-ip',
        reason: 'independent_findings',
        events: 1,
        accounts: 1,
        paymentMinor: 50_000,
        grants: 1,
        rewardMinor: 3000,
      },
      {
        detector: 'no detector',
        reason: 'block_list',
        events: 1,
        accounts: 1,
        paymentMinor: 0,
        grants: 0,
        rewardMinor: 0,
      },
    ]);
  });

  test('targets are met, missed, or said to be unknown', () => {
    expect(rows('targets', 'targets')).toMatchObject([
      { target: 'payments', goal: 5, result: 4, reached: 0.8, met: 'no' },
      { target: 'amountMinor', goal: 1_000_000, result: 95_000, met: 'no' },
      { target: 'activationRateBp', goal: 0.85, result: 0.5, met: 'no' },
      { target: 'costMinor', goal: 20_000, result: 6500, met: 'yes' },
      { target: 'smiles', result: null, met: 'not measured' },
    ]);
  });

  test('deliveries stand as their newest row says', () => {
    expect(rows('rewards', 'deliveries')).toEqual([
      { kind: 'voucher', state: 'delivered', deliveries: 1, attempts: 2 },
    ]);
  });
});

describe('the daily series', () => {
  test('has every local day of the phases, and puts a payment on the day the campaign’s clock shows', () => {
    const { days, series } = values('business', 'payments');
    expect([days[0], days.at(-1), days.length]).toEqual(['2026-09-28', '2026-10-15', 18]);
    const counts = Object.fromEntries(days.map((day, index) => [day, series[0]!.values[index]]));
    expect(counts).toMatchObject({
      '2026-10-01': 0,
      '2026-10-02': 1,
      '2026-10-03': 1,
      '2026-10-13': 1,
    });
  });

  test('sums its cost up to the cost', () => {
    expect(values('money', 'budget').series[0]!.values.at(-1)).toBe(value('cost'));
    const intercepted = values('risk', 'cost').series[1]!.values;
    expect(intercepted.reduce((sum, each) => sum + each, 0)).toBe(value('intercepted'));
  });
});

test('says what the record is too short for', () => {
  expect(report.notes.join('\n')).not.toContain('after the baseline began');
  expect(report.record).toMatchObject({ events: 19, last: '2026-11-12T00:00:00+08:00' });
});

test('counts only the payments that the conditions of an offer let in', async () => {
  const [spend, ...others] = AUTUMN.offers;
  const when = { ...spend!.when, instrument: ['debit', 'wallet'] };
  const offers = [
    { ...spend!, when },
    ...others.map((offer) => ({ ...offer, on: ['login' as const] })),
  ];
  const debit = await campaignReport(store.analytics, { ...AUTUMN, offers }, SETTINGS);
  expect(debit.campaign.scope).toEqual(['instruments debit, wallet']);
  expect(debit.figures['payments']!.value).toBe(1);
  expect(debit.figures['amount']!.value).toBe(10_000);
  expect(debit.figures['instalmentAmount']!.value).toBe(500_000);
  expect(debit.sections['business']!.tables['instruments']!.rows).toMatchObject([
    { instrument: 'debit', payments: 1 },
  ]);
});

test('where the record does not reach the baseline, nothing is compared and no payment makes a new customer', async () => {
  const window = { from: at('2026-03-02 00:00'), to: at('2026-03-20 00:00') };
  const spring = await campaignReport(store.analytics, { ...AUTUMN, window }, SETTINGS);
  expect(spring.figures['payments']!.value).toBe(1);
  for (const key of ['paymentsGrowth', 'newRevenue', 'roi', 'costBenefit']) {
    expect(spring.figures[key]!.value, key).toBeNull();
  }
  expect(spring.figures['newCustomers']!.value).toBe(0);
  expect(spring.notes.join('\n')).toContain('there is nothing to compare with');
});

test('a campaign that runs is compared with as long a time before, and keeps no customer yet', async () => {
  const window = { from: at('2026-11-01 00:00'), to: at('2026-12-01 00:00') };
  const running = await campaignReport(store.analytics, { ...AUTUMN, window }, SETTINGS);
  expect(running.periods.measured.to).toBe('2026-11-12T00:00:00.001+08:00');
  expect(running.periods.baseline.from.slice(0, 16)).toBe('2026-10-20T23:59');
  expect(running.figures['payments']!.value).toBe(1);
  expect(running.figures['retentionRate']!.value).toBeNull();
  expect(running.notes.join('\n')).toContain('Retention is measured once the window has ended.');
});

test('a record that knows nothing of the campaign gives a report that says so', async () => {
  const empty = await campaignReport(
    store.analytics,
    { ...AUTUMN, id: 'winter', budgets: {}, stock: {}, targets: {} },
    SETTINGS,
  );
  expect(empty.figures['cost']!.value).toBe(0);
  expect(empty.figures['roi']!.value).toBeNull();
  expect(empty.sections['money']!.tables['offers']!.rows).toEqual([]);
});

// The last ones: the record is not the same afterwards.
test('what a crash let be written twice is counted once', async () => {
  await store.analytics.command('SYSTEM STOP MERGES');
  await store.analytics.command('INSERT INTO events SELECT * FROM events');
  expect(await campaignReport(store.analytics, AUTUMN, SETTINGS)).toEqual(report);
});

test('what is decided and not settled, or given and not on record, is said before any figure', async () => {
  const { analytics } = store;
  expect(report.notes.join('\n')).not.toMatch(/not been settled|not on record yet/);
  const epoch = 7n << 38n;
  await insert(analytics, 'progress', 'worker, epoch, sequence', [
    "'autumn', 6, 9",
    "'autumn', 7, 3",
  ]);
  const decided = (id: string, sequence: bigint): string =>
    `'dec_${id}', '${id}', ${epoch + sequence}`;
  await insert(analytics, 'decisions', 'decision_id, event_id, arrival', [
    decided('settled', 3n),
    decided('first', 4n),
    decided('second', 5n),
    // Torn by the start before, and never delivered again.
    `'dec_torn', 'torn', ${(6n << 38n) + 10n}`,
  ]);
  // An insert that was tried again.
  await insert(analytics, 'decisions', 'decision_id, event_id, arrival', [decided('second', 5n)]);
  await insert(analytics, 'ledger_entries', 'sequence, leg', ['40, 0', '41, 0']);
  await insert(analytics, 'ledger_balances', 'account, sequence', [
    "'budget/x', 41",
    "'quota/y', 53",
  ]);
  const asked = { ...SETTINGS, unwrittenRows: 1234 };
  const { notes } = await campaignReport(analytics, AUTUMN, asked);
  expect(notes[0]).toMatch(
    /^The rewards of 2 decisions have not been settled yet, and 12 entries of the ledger are not on record yet, and 1,234 rows of events and rewards are still to be written: /,
  );
});
