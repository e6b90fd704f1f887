/** Rows of a small campaign: rewards in every state, and what led to them and followed. */

import type { CampaignView } from '../../pipeline/http/campaigns.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';

/** The latest event. */
export const LATEST = '2026-04-17 12:00:00';

export const SPRING: CampaignView = {
  id: 'spring',
  title: 'Spring on credit',
  status: 'live',
  from: '2026-03-31T16:00:00.000Z',
  to: '2026-05-31T16:00:00.000Z',
  closesAt: '2026-12-31T16:00:00.000Z',
  currency: 'CNY',
  offers: [
    { id: 'friday-off', title: 'Fridays: 50 off', paused: false },
    { id: 'luggage', title: 'A suitcase for new cards', paused: true },
  ],
  balances: [
    {
      account: 'budget/spring/total',
      posted: 250_000,
      pending: 50_000,
      limit: 500_000,
      left: 200_000,
    },
    { account: 'quota/spring/friday-off/tier-1', posted: 87, pending: 3, limit: 100, left: 10 },
    { account: 'stock/spring/suitcase-20', posted: 2, pending: 1, limit: 40, left: 37 },
  ],
};

/** As after a replay, some rows stand twice; `g_released` waited and was released, `g_bound` waits for its payment. */
export async function insertSpring(analytics: Analytics): Promise<void> {
  const rewards = [grants(BEFORE), grants(STANDING), grants(STANDING)];
  for (const statement of [...rewards, LEGS, LEGS, ...AROUND]) await analytics.command(statement);
}

/** A word on a reward as the journal's drain would bring it: a newer row. */
export async function insertJudged(analytics: Analytics, grantId: string): Promise<void> {
  await analytics.command(`
    INSERT INTO grants (grant_id, campaign_id, offer_id, event_id, state, reason, occurred_at, revision)
    SELECT grant_id, campaign_id, offer_id, event_id, 'posted', 'approved', occurred_at, 100
    FROM grants FINAL WHERE grant_id = '${grantId}'`);
}

const DISCOUNT = '[{"kind":"discount","amountMinor":5000}]';
const GOODS = '[{"kind":"goods","sku":"suitcase-20"}]';
const CARD = '622202******1234#9f3a';

/** Grant, offer, event, number of the customer, state, reason, amount, payment, time of day, revision. */
const STANDING = `
g_suspect  friday-off pay-2  2 held           held_for_review   5000  20500 11:30 5
g_suitcase luggage    new-1  1 held           awaiting_review   30000 0     09:00 6
g_overdue  friday-off pay-3  3 held           review_overdue    5000  31000 10:00 7
g_bound    friday-off pay-4  4 held           awaiting_payment  5000  20000 11:40 8
g_released friday-off pay-5  5 posted         released          5000  20000 11:41 15
g_plain    friday-off pay-6  6 posted         granted           5000  20000 11:42 10
g_older    friday-off pay-7  7 posted         granted           5000  20000 08:00 4
g_refused  friday-off pay-8  8 rejected       quota_exhausted   5000  20000 11:43 11
g_won      luggage    new-9  9 awaiting_claim granted           30000 0     11:44 12
refund_1   -          back-1 1 rejected       payment_not_found 0     0     11:45 13`;
const BEFORE = `
g_released friday-off pay-5  5 held           held_for_review   5000  20000 11:41 9`;

function grants(table: string): string {
  const rows = table
    .trim()
    .split('\n')
    .map((line) => {
      const [id, offer, event, who, state, reason, amount, paid, at, revision] = line.split(/ +/);
      const award = offer === 'luggage' ? GOODS : DISCOUNT;
      const deadline = state === 'awaiting_claim' ? `'2026-06-15 16:00:00'` : 'NULL';
      const texts = [
        id,
        'spring',
        offer === '-' ? '' : offer,
        'total',
        event,
        `acc-${who}`,
        `c-${who}`,
        CARD,
        state,
        reason,
      ];
      return `(${texts.map((text) => `'${text}'`).join(', ')}, 0, 'tier-1', '${award}', ${amount}, ${paid},
      '2026-04-17 ${at}:00', ${deadline}, ${revision}, '2026-04-17 12:00:01')`;
    });
  return `
    INSERT INTO grants (grant_id, campaign_id, offer_id, budget_line, event_id, account_id, customer_id, card_id, state, reason,
      tier, label, award, amount_minor, payment_minor, occurred_at, deadline, revision, recorded_at)
    VALUES ${rows.join(',\n')}`;
}

const LEGS = `
INSERT INTO ledger_entries (sequence, operation, operation_id, grant_id, campaign_id, account, posted_delta, pending_delta, leg, occurred_at)
VALUES (4, 'reserve', 'g_older', 'g_older', 'spring', 'budget/spring/total', 5000, 0, 0, '2026-04-17 08:00:00'),
       (9, 'reserve', 'g_released', 'g_released', 'spring', 'budget/spring/total', 0, 5000, 0, '2026-04-17 11:41:00'),
       (9, 'reserve', 'g_released', 'g_released', 'spring', 'quota/spring/friday-off/tier-1', 0, 1, 1, '2026-04-17 11:41:00'),
       (15, 'post', 'label_dec_pay-5_false_positive', 'g_released', 'spring', 'budget/spring/total', 5000, -5000, 0, '2026-04-17 11:50:00'),
       (11, 'reject', 'g_refused', 'g_refused', 'spring', '', 0, 0, 0, '2026-04-17 11:43:00')`;

const AROUND = [
  `INSERT INTO decisions (decision_id, event_id, type, occurred_at, account_id, amount_minor, verdict, reasons, detectors, arrival)
   VALUES ('dec_pay-2', 'pay-2', 'payment', '2026-04-17 11:30:00', 'acc-2', 20500, 'review', ['review_finding'], ['same-device'], 1),
          ('dec_pay-5', 'pay-5', 'payment', '2026-04-17 11:41:00', 'acc-5', 20000, 'review', ['review_finding'], ['same-device'], 2),
          ('dec_pay-9', 'pay-9', 'payment', '${LATEST}', 'acc-9', 100, 'allow', [], [], 3),
          ('dec_pay-7', 'pay-7', 'payment', '2026-04-17 08:00:00', 'acc-7', 20000, 'allow', [], [], 4)`,
  `INSERT INTO findings (decision_id, event_id, occurred_at, account_id, detector, mode, band, conclusive, measure, threshold, unit,
     window_ms, subject, subject_value, evidence, arrival)
   VALUES ('dec_pay-2', 'pay-2', '2026-04-17 11:30:00', 'acc-2', 'same-device', 'live', 'review', false, 4, 3, 'accounts', 86400000,
           'deviceId', '<i>d-7', '{}', 1),
          ('dec_pay-2', 'pay-2', '2026-04-17 11:30:00', 'acc-2', 'same-ip', 'shadow', 'review', false, 9, 6, 'accounts', 86400000,
           'ip', '203.0.113.7', '{}', 1)`,
  `INSERT INTO events (event_id, type, occurred_at, account_id, customer_id, card_id, device_id, ip, merchant_id, channel, amount_minor,
     currency, arrival)
   VALUES ('pay-2', 'payment', '2026-04-17 11:30:00', 'acc-2', 'c-2', '${CARD}', '<i>d-7', '203.0.113.7', 'shop-1', 'pos', 20500, 'CNY', 1)`,
  `INSERT INTO vouchers (voucher_id, grant_id, campaign_id, offer_id, customer_id, voucher, face_minor, state, issued_at, expires_at, revision)
   VALUES ('g_released.1', 'g_released', 'spring', 'friday-off', 'c-5', 'coffee', 1500, 'issued', '2026-04-17 11:50:00', '2026-05-01 00:00:00', 15),
          ('g_released2.1', 'g_released2', 'spring', 'friday-off', 'c-5', 'coffee', 1500, 'issued', '2026-04-17 11:50:00', '2026-05-01 00:00:00', 16)`,
  `INSERT INTO deliveries (delivery_id, grant_id, campaign_id, offer_id, kind, item, state, attempts, placed_at, updated_at)
   VALUES ('g_released.1', 'g_released', 'spring', 'friday-off', 'voucher', '{"kind":"voucher"}', 'waiting', 0, '2026-04-17 11:50:00', '2026-04-17 11:50:00'),
          ('g_released.1', 'g_released', 'spring', 'friday-off', 'voucher', '{"kind":"voucher"}', 'acknowledged', 1, '2026-04-17 11:50:00', '2026-04-17 11:50:02')`,
  `INSERT INTO campaign_actions (action_id, campaign_id, offer_id, kind, value, actor, reason, issued_at, arrival)
   VALUES ('1-0', 'spring', 'luggage', 'pause', '{"kind":"pause","campaignId":"spring","offerId":"luggage"}', 'wang', 'the stock is late',
           '2026-04-17 11:00:00', 1),
          ('2-0', 'spring', '', 'add_budget', '{"kind":"add_budget","line":"total","by":100000}', 'li', 'board of 16 April',
           '2026-04-17 11:10:00', 2),
          ('3-0', 'spring', '', 'merchant_list', '{"kind":"merchant_list","list":"partners","merchants":["a","b"]}', 'li', 'two joined',
           '2026-04-17 11:20:00', 3),
          ('4-0', '', '', 'reject', '{"campaignId":"","kind":"reject","grantId":"g_released"}', 'wang', 'a family',
           '2026-04-17 11:55:00', 4),
          ('5-0', '', '', 'approve', '{"campaignId":"","kind":"approve","grantId":"g_plain"}', 'li', 'known', '2026-04-17 11:56:00', 5)`,
];
