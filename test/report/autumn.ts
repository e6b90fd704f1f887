/**
 * One small history whose figures can be told by hand. Customers: `old` (pays before and in the window), `sleeper`
 * (last paid in March, wakes), `asleep` (never again), `nova` (new: saw, got a card, paid twice, came back), `mule` (an abuser).
 */

import type { Analytics } from '../../pipeline/record/analytics.ts';
import {
  at,
  insert,
  insertEvents,
  insertGrants,
  insertVouchers,
  type EventRow,
  type GrantRow,
  type VoucherRow,
} from './history.ts';

const paid = (
  event_id: string,
  who: string,
  local: string,
  amount: number,
  more: object = {},
): EventRow => ({
  event_id,
  type: 'payment',
  at: at(local),
  account_id: `acc-${who}`,
  customer_id: who,
  instrument: 'credit',
  amount,
  ...more,
});

export const EVENTS: readonly EventRow[] = [
  paid('p-sleeper-0', 'sleeper', '2026-03-15 10:00', 5000),
  {
    event_id: 'l-asleep',
    type: 'login',
    at: at('2026-03-01 10:00'),
    account_id: 'acc-asleep',
    customer_id: 'asleep',
  },
  paid('p-old-0', 'old', '2026-09-20 10:00', 10_000),
  {
    event_id: 'v-nova',
    type: 'campaign.viewed',
    at: at('2026-09-29 10:00'),
    account_id: 'acc-nova',
    customer_id: 'nova',
    channel: 'douyin',
  },
  {
    event_id: 'v-mule',
    type: 'campaign.viewed',
    at: at('2026-10-01 10:00'),
    account_id: 'acc-mule',
    customer_id: 'mule',
    channel: 'app',
  },
  {
    event_id: 'c-nova',
    type: 'card.approved',
    at: at('2026-10-01 11:00'),
    account_id: 'acc-nova',
    customer_id: 'nova',
    card_id: 'k-nova',
  },
  {
    event_id: 'c-mule',
    type: 'card.approved',
    at: at('2026-10-01 12:00'),
    account_id: 'acc-mule',
    customer_id: 'mule',
    card_id: 'k-mule',
    verdict: 'block',
    reasons: ['block_list'],
  },
  {
    event_id: 'a-nova',
    type: 'card.activated',
    at: at('2026-10-02 11:00'),
    account_id: 'acc-nova',
    customer_id: 'nova',
    card_id: 'k-nova',
  },
  {
    event_id: 'c-late',
    type: 'card.approved',
    at: at('2026-10-03 11:00'),
    account_id: 'acc-old',
    customer_id: 'old',
    card_id: 'k-old',
  },
  paid('p-old-1', 'old', '2026-10-02 23:59:59.999', 30_000),
  paid('p-nova-1', 'nova', '2026-10-03 00:00', 40_000, { card_id: 'k-nova' }),
  paid('p-nova-2', 'nova', '2026-10-05 09:00', 20_000),
  paid('p-sleeper-1', 'sleeper', '2026-10-06 09:00', 10_000, { instrument: 'debit' }),
  paid('p-mule-1', 'mule', '2026-10-07 09:00', 50_000, {
    verdict: 'block',
    reasons: ['independent_findings'],
    detectors: ['same-device', 'same-ip'],
  }),
  paid('p-mule-2', 'mule', '2026-10-07 09:01', 60_000, { labels: ['false_positive', 'confirmed'] }),
  {
    event_id: 'r-nova',
    type: 'refund',
    at: at('2026-10-20 09:00'),
    account_id: 'acc-nova',
    customer_id: 'nova',
    refund_of: 'p-nova-2',
    amount: 5000,
  },
  {
    event_id: 'i-old',
    type: 'instalment',
    at: at('2026-10-08 09:00'),
    account_id: 'acc-old',
    customer_id: 'old',
    amount: 500_000,
  },
  paid('p-nova-3', 'nova', '2026-10-13 00:00', 7000),
  paid('p-old-2', 'old', '2026-11-12 00:00', 7000),
];

const granted = (
  grant_id: string,
  who: string,
  event_id: string,
  local: string,
  more: Partial<GrantRow>,
): GrantRow => ({
  grant_id,
  event_id,
  at: at(local),
  offer_id: 'spend',
  account_id: `acc-${who}`,
  customer_id: who,
  state: 'posted',
  reason: 'granted',
  amount: 3000,
  payment: 30_000,
  revision: 2,
  ...more,
});

export const GRANTS: readonly GrantRow[] = [
  granted('g1', 'old', 'p-old-1', '2026-10-02 23:59:59.999', {}),
  // An older row of the same grant: only the newest stands.
  granted('g1', 'old', 'p-old-1', '2026-10-02 23:59:59.999', {
    state: 'held',
    reason: 'held_for_review',
    revision: 1,
  }),
  granted('g2', 'nova', 'p-nova-1', '2026-10-03 00:00', {
    reason: 'partly_refunded',
    clawed_back: 1000,
    payment: 40_000,
  }),
  granted('g3', 'mule', 'p-mule-1', '2026-10-07 09:00', { state: 'voided', reason: 'risk_block' }),
  granted('g4', 'mule', 'p-mule-2', '2026-10-07 09:01', {
    state: 'clawed_back',
    reason: 'review_confirmed',
    clawed_back: 3000,
  }),
  granted('g5', 'sleeper', 'p-sleeper-1', '2026-10-06 09:00', {
    state: 'rejected',
    reason: 'quota_exhausted',
  }),
  granted('g6', 'nova', 'p-nova-2', '2026-10-05 09:00', {
    offer_id: 'gift',
    budget_line: 'total.gifts',
    state: 'awaiting_claim',
    label: 'cup',
  }),
  granted('g7', 'old', 'p-old-1', '2026-10-02 23:59:59.999', {
    offer_id: 'gift',
    budget_line: 'total.gifts',
    state: 'forfeited',
    reason: 'forfeited',
    label: 'cup',
  }),
  granted('g8', 'old', 'p-old-1', '2026-10-02 23:59:59.999', {
    offer_id: 'pack',
    budget_line: 'total.gifts',
    amount: 2000,
    clawed_back: 500,
    reason: 'granted',
    payment: 0,
  }),
  granted('g9', 'other', 'p-other', '2026-10-02 10:00', { campaign_id: 'spring' }),
];

export const VOUCHERS: readonly VoucherRow[] = (
  ['redeemed', 'issued', 'expired', 'voided'] as const
).map((state, index) => ({
  voucher_id: `g8.${index + 1}`,
  grant_id: 'g8',
  offer_id: 'pack',
  voucher: 'tea',
  state,
  issued_at: at(index === 1 ? '2026-11-01 00:00' : '2026-10-31 23:59:59.999'),
  face: 500,
  cost: 500,
}));

export async function insertAutumn(analytics: Analytics): Promise<void> {
  await insertEvents(analytics, EVENTS);
  await insertGrants(analytics, GRANTS);
  await insertVouchers(analytics, VOUCHERS);
  const entry = 'sequence, leg, campaign_id, account, posted_delta, pending_delta';
  await insert(analytics, 'ledger_entries', entry, [
    `1, 0, 'autumn', 'quota/autumn/spend/all', 0, 1`,
    `2, 0, 'autumn', 'quota/autumn/spend/all', 1, -1`,
    `3, 0, 'autumn', 'quota/autumn/spend/all', 1, 0`,
    `4, 0, 'autumn', 'stock/autumn/cup', 0, 1`,
    `5, 0, 'autumn', 'limit/autumn/spend/customer=old', 1, 0`,
  ]);
  // Written a second time after a crash: it counts once.
  await insert(analytics, 'ledger_entries', entry, [`4, 0, 'autumn', 'stock/autumn/cup', 0, 1`]);
  const action = 'action_id, campaign_id, offer_id, kind, value, actor, reason, issued_at, arrival';
  const change = { kind: 'add_quota', campaignId: 'autumn', offerId: 'spend', by: 50 };
  const budget = {
    kind: 'add_budget',
    campaignId: 'autumn',
    line: 'total.gifts',
    by: 5000,
    from: 'total.reward',
  };
  await insert(analytics, 'campaign_actions', action, [
    `'1-0', 'autumn', 'spend', 'add_quota', '${JSON.stringify(change)}', 'li', 'more <b>demand</b>', '2026-10-04 01:00:00', 1`,
    `'2-0', 'autumn', '', 'add_budget', '${JSON.stringify(budget)}', 'li', 'gifts', '2026-10-05 01:00:00', 2`,
  ]);
  const delivery = 'delivery_id, campaign_id, kind, state, attempts, updated_at';
  await insert(analytics, 'deliveries', delivery, [
    `'d1', 'autumn', 'voucher', 'waiting', 1, '2026-10-03 00:00:00'`,
    `'d1', 'autumn', 'voucher', 'delivered', 2, '2026-10-03 00:00:05'`,
  ]);
}
