import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { askRecord, type Answers } from '../../pipeline/report/answers.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, AUTUMN, insertEvents, insertGrants, type EventRow, type GrantRow } from './history.ts';
import { Oracle } from './oracle.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

/** Edges of every period, a millisecond before them, and days between. */
const TIMES = [
  ...['2026-03-31 23:59:59.999', '2026-04-01 12:00', '2026-04-02 00:00', '2026-09-18 23:59:59.999'],
  ...['2026-09-19 00:00', '2026-09-25 10:00', '2026-09-28 00:00', '2026-09-30 23:59:59.999'],
  ...[
    '2026-10-01 00:00',
    '2026-10-02 09:00',
    '2026-10-02 09:00',
    '2026-10-05 18:00',
    '2026-10-09 08:00',
  ],
  ...['2026-10-12 23:59:59.999', '2026-10-13 00:00', '2026-10-15 12:00', '2026-10-16 00:00'],
  ...['2026-11-11 23:59:59.999', '2026-11-12 00:00', '2026-12-01 00:00'],
].map(at);

const event = fc.record({
  type: fc.constantFrom(
    ...(['payment', 'payment', 'payment', 'campaign.viewed', 'account.opened'] as const),
    ...(['card.approved', 'card.activated', 'refund', 'login'] as const),
  ),
  at: fc.constantFrom(...TIMES),
  account_id: fc.constantFrom('a1', 'a2', 'a3', 'unknown'),
  customer_id: fc.constantFrom('c1', 'c1', 'c1', 'c2', 'c2', 'c3', '', 'unknown'),
  card: fc.constantFrom('', 'k1', 'k2', 'k3'),
  money: fc.integer({ min: 0, max: 100_000 }),
  currency: fc.constantFrom('CNY', 'CNY', 'CNY', 'USD'),
  about: fc.constantFrom('', '', '{"campaignId":"autumn"}', '{"campaignId":"spring"}'),
  refunds: fc.nat({ max: 30 }),
  // Few are stopped: a history of which nothing is left tells nothing.
  verdict: fc.constantFrom(...Array<'allow'>(8).fill('allow'), 'review', 'block'),
  labels: fc.constantFrom<('confirmed' | 'false_positive')[][]>(
    ...Array<[]>(7).fill([]),
    ['confirmed'],
    ['confirmed', 'false_positive'],
    ['false_positive', 'confirmed'],
  ),
});

const histories = fc.array(event, { minLength: 1, maxLength: 60 }).map((drafts) =>
  drafts.map((draft, index): EventRow => {
    const hasMoney = draft.type === 'payment' || draft.type === 'refund';
    return {
      event_id: `e${index}`,
      type: draft.type,
      at: draft.at,
      account_id: draft.account_id,
      customer_id: draft.customer_id,
      ...(draft.card !== '' && { card_id: draft.card }),
      ...(hasMoney && { amount: draft.money, currency: draft.currency }),
      ...(draft.type === 'refund' && { refund_of: `e${draft.refunds}` }),
      ...(draft.type === 'campaign.viewed' && { attributes: draft.about }),
      verdict: draft.verdict,
      labels: draft.labels,
    };
  }),
);

const grants = fc
  .array(
    fc.record({
      customer_id: fc.constantFrom('c1', 'c2', 'c3', 'c4', ''),
      state: fc.constantFrom(
        ...(['posted', 'held', 'rejected', 'voided', 'clawed_back', 'awaiting_claim'] as const),
      ),
    }),
    { maxLength: 8 },
  )
  .map((drafts) =>
    drafts.map((draft, index): GrantRow => ({
      grant_id: `g${index}`,
      event_id: `e${index}`,
      at: TIMES[9]!,
      offer_id: 'spend',
      account_id: 'a1',
      reason: 'granted',
      amount: 3000,
      ...draft,
    })),
  );

async function answersTo(
  events: readonly EventRow[],
  given: readonly GrantRow[] = [],
): Promise<Answers> {
  for (const table of ['events', 'decisions', 'labels', 'grants']) {
    await store.analytics.command(`TRUNCATE TABLE ${table}`);
  }
  await insertEvents(store.analytics, events);
  // What was delivered twice counts once.
  await insertEvents(store.analytics, events.slice(0, 3));
  await insertGrants(store.analytics, given);
  return askRecord(store.analytics, AUTUMN, ['unknown']);
}

const RUNS = { numRuns: 12 };

test('payments, new customers, funnel, retention, waking and cards are what a naive reading of the same rows says', async () => {
  await fc.assert(
    fc.asyncProperty(histories, grants, async (events, given) => {
      const answers = await answersTo(events, given);
      const { periods } = answers;
      const oracle = new Oracle(AUTUMN, periods, events);
      for (const [period, from, to] of [
        ['baseline', periods.base, periods.from],
        ['window', periods.from, periods.until],
      ] as const) {
        const expected = oracle.business(from, to);
        const row = answers.business.find((each) => each.period === period);
        if (expected.payments > 0) expect(row).toMatchObject(expected);
        else expect(row?.payments ?? 0).toBe(0);
      }
      const newcomers = oracle.newcomers();
      for (const { cameBy, customers, spent } of answers.newcomers) {
        const own = newcomers.filter((each) => each.cameBy === cameBy);
        expect({ customers, spent }).toEqual({
          customers: own.length,
          spent: own.filter((each) => each.spent).length,
        });
      }
      expect(answers.newcomers.reduce((all, { customers }) => all + customers, 0)).toBe(
        newcomers.length,
      );
      const funnel = { viewed: 0, acquired: 0, spent: 0, repeated: 0 };
      for (const row of answers.funnel) {
        for (const step of ['viewed', 'acquired', 'spent', 'repeated'] as const)
          funnel[step] += row[step];
      }
      expect(funnel).toEqual(oracle.funnel());
      expect(answers.wakeUp).toEqual(oracle.wakeUp());
      const ended = events.some((row) => row.at >= periods.to);
      expect(answers.retention).toEqual(ended ? oracle.retention(given) : undefined);
      const cards = answers.cards.filter(({ period }) => period === 'window');
      expect({
        issued: cards.reduce((all, { issued }) => all + issued, 0),
        activated: cards.reduce((all, { activated }) => all + activated, 0),
      }).toEqual(oracle.cards());
    }),
    RUNS,
  );
});

const step = (event_id: string, who: string, type: EventRow['type'], local: string): EventRow => ({
  event_id,
  type,
  at: at(local),
  account_id: who,
  card_id: `k-${who}`,
});

test('steps of one instant follow each other; a step before its time is none', async () => {
  const { funnel } = await answersTo([
    step('1', 'same', 'campaign.viewed', '2026-10-02 10:00'),
    step('2', 'same', 'card.approved', '2026-10-02 10:00'),
    step('3', 'same', 'payment', '2026-10-02 10:00'),
    step('4', 'paid-first', 'campaign.viewed', '2026-10-02 10:00'),
    step('5', 'paid-first', 'payment', '2026-10-03 10:00'),
    step('6', 'paid-first', 'account.opened', '2026-10-04 10:00'),
    step('7', 'card-first', 'card.approved', '2026-10-01 10:00'),
    step('8', 'card-first', 'campaign.viewed', '2026-10-02 10:00'),
    step('9', 'card-first', 'payment', '2026-10-03 10:00'),
  ]);
  expect(funnel).toEqual([{ channel: '', viewed: 3, acquired: 2, spent: 1, repeated: 0 }]);
});

test('a card is activated at or after its issue, and not before', async () => {
  const { cards } = await answersTo([
    step('1', 'same', 'card.approved', '2026-10-02 10:00'),
    step('2', 'same', 'card.activated', '2026-10-02 10:00'),
    step('3', 'before', 'card.activated', '2026-10-02 09:59:59.999'),
    step('4', 'before', 'card.approved', '2026-10-02 10:00'),
  ]);
  expect(cards).toMatchObject([{ cohort: '2026-10', issued: 2, activated: 1 }]);
});

test('refunds take no more from the amount than the payment was', async () => {
  const money = (event_id: string, type: EventRow['type'], refund_of: string): EventRow => ({
    ...step(event_id, 'c', type, '2026-10-02 10:00'),
    amount: 8000,
    refund_of,
  });
  const { business } = await answersTo([
    { ...money('p', 'payment', ''), amount: 10_000 },
    money('r1', 'refund', 'p'),
    money('r2', 'refund', 'p'),
  ]);
  expect(business).toMatchObject([{ amountMinor: 10_000, refundedMinor: 10_000 }]);
});
