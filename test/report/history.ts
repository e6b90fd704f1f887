/** Small histories made by hand: rows of the record with what matters named and the rest left at a default. */

import { campaignSchema, type Campaign } from '../../config/campaign-schema.ts';
import type { EventType } from '../../pipeline/event.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import type { GrantState } from '../../pipeline/reward/grant.ts';

export interface EventRow {
  readonly event_id: string;
  readonly type: EventType;
  readonly at: number;
  readonly account_id: string;
  readonly customer_id?: string;
  readonly card_id?: string;
  readonly channel?: string;
  readonly instrument?: string;
  readonly currency?: string;
  readonly amount?: number;
  readonly refund_of?: string;
  readonly attributes?: string;
  readonly verdict?: 'allow' | 'review' | 'block';
  readonly reasons?: readonly string[];
  readonly detectors?: readonly string[];
  /** Words on the decision in the order of their arrival; the last one stands. */
  readonly labels?: readonly ('confirmed' | 'false_positive')[];
}

export interface GrantRow {
  readonly grant_id: string;
  readonly event_id: string;
  readonly at: number;
  readonly offer_id: string;
  readonly account_id: string;
  readonly customer_id?: string;
  readonly campaign_id?: string;
  readonly budget_line?: string;
  readonly label?: string;
  readonly state: GrantState;
  readonly reason: string;
  readonly amount: number;
  readonly clawed_back?: number;
  readonly payment?: number;
  readonly revision?: number;
}

export interface VoucherRow {
  readonly voucher_id: string;
  readonly grant_id: string;
  readonly offer_id: string;
  readonly voucher: string;
  readonly state: 'issued' | 'redeemed' | 'expired' | 'voided';
  readonly issued_at: number;
  readonly face: number;
  readonly cost: number;
  readonly campaign_id?: string;
}

const quoted = (value: string): string =>
  `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const texts = (values: readonly string[]): string => `[${values.map(quoted).join(', ')}]`;
const when = (ms: number): string => `fromUnixTimestamp64Milli(${ms}, 'UTC')`;

/** Inserts into named columns; nothing when there are no rows. */
export async function insert(
  analytics: Analytics,
  table: string,
  columns: string,
  rows: readonly string[],
): Promise<void> {
  if (rows.length === 0) return;
  await analytics.command(
    `INSERT INTO ${table} (${columns}) VALUES ${rows.map((row) => `(${row})`).join(', ')}`,
  );
}

/** The events with a decision each, and the words on the decisions. */
export async function insertEvents(analytics: Analytics, rows: readonly EventRow[]): Promise<void> {
  await insert(
    analytics,
    'events',
    'event_id, type, occurred_at, account_id, customer_id, card_id, channel, instrument, currency, amount_minor, refund_of, attributes',
    rows.map((row) =>
      [
        quoted(row.event_id),
        quoted(row.type),
        when(row.at),
        quoted(row.account_id),
        quoted(row.customer_id ?? ''),
        quoted(row.card_id ?? ''),
        quoted(row.channel ?? ''),
        quoted(row.instrument ?? ''),
        quoted(row.amount === undefined ? '' : (row.currency ?? 'CNY')),
        row.amount ?? 'NULL',
        quoted(row.refund_of ?? ''),
        quoted(row.attributes ?? ''),
      ].join(', '),
    ),
  );
  await insert(
    analytics,
    'decisions',
    'decision_id, event_id, type, occurred_at, account_id, amount_minor, verdict, reasons, detectors',
    rows.map((row) =>
      [
        quoted(`dec_${row.event_id}`),
        quoted(row.event_id),
        quoted(row.type),
        when(row.at),
        quoted(row.account_id),
        row.amount ?? 'NULL',
        quoted(row.verdict ?? 'allow'),
        texts(row.reasons ?? []),
        texts(row.detectors ?? []),
      ].join(', '),
    ),
  );
  const labels = rows.flatMap(({ event_id, labels: words = [] }) =>
    words.map((label, index) => ({ event_id, label, index })),
  );
  await insert(
    analytics,
    'labels',
    'decision_id, command_id, event_id, label, arrival',
    // Written backwards: the order of arrival decides, not that of the rows.
    labels
      .reverse()
      .map(
        ({ event_id, label, index }) =>
          `${quoted(`dec_${event_id}`)}, '${index}-0', ${quoted(event_id)}, ${quoted(label)}, ${index + 1}`,
      ),
  );
}

export async function insertGrants(analytics: Analytics, rows: readonly GrantRow[]): Promise<void> {
  await insert(
    analytics,
    'grants',
    'grant_id, campaign_id, offer_id, budget_line, event_id, account_id, customer_id, label, state, reason, amount_minor, clawed_back_minor, payment_minor, occurred_at, revision',
    rows.map((row) =>
      [
        quoted(row.grant_id),
        quoted(row.campaign_id ?? 'autumn'),
        quoted(row.offer_id),
        quoted(row.budget_line ?? 'total.reward'),
        quoted(row.event_id),
        quoted(row.account_id),
        quoted(row.customer_id ?? ''),
        quoted(row.label ?? ''),
        quoted(row.state),
        quoted(row.reason),
        row.amount,
        row.clawed_back ?? 0,
        row.payment ?? 0,
        when(row.at),
        row.revision ?? 1,
      ].join(', '),
    ),
  );
}

export async function insertVouchers(
  analytics: Analytics,
  rows: readonly VoucherRow[],
): Promise<void> {
  await insert(
    analytics,
    'vouchers',
    'voucher_id, grant_id, campaign_id, offer_id, voucher, face_minor, cost_minor, state, issued_at, revision',
    rows.map((row) =>
      [
        quoted(row.voucher_id),
        quoted(row.grant_id),
        quoted(row.campaign_id ?? 'autumn'),
        quoted(row.offer_id),
        quoted(row.voucher),
        row.face,
        row.cost,
        quoted(row.state),
        when(row.issued_at),
        1,
      ].join(', '),
    ),
  );
}

/** Twelve days, with a warm-up before and a wrap-up after them. */
export const AUTUMN: Campaign = campaignSchema.parse({
  id: 'autumn',
  title: '秋季<满减>活动',
  timezone: 'Asia/Shanghai',
  currency: 'CNY',
  window: { from: '2026-10-01T00:00:00+08:00', to: '2026-10-13T00:00:00+08:00' },
  phases: {
    warmup: { from: '2026-09-28T00:00:00+08:00', to: '2026-10-01T00:00:00+08:00' },
    wrapup: { from: '2026-10-13T00:00:00+08:00', to: '2026-10-16T00:00:00+08:00' },
  },
  budgets: {
    total: {
      limit: 1_000_000,
      children: { reward: { limit: 600_000 }, gifts: { limit: 200_000 } },
    },
  },
  stock: { cup: { units: 10, costMinor: 3000 } },
  offers: [
    {
      id: 'spend',
      title: '满200减30',
      budget: 'total.reward',
      off: 3000,
      atLeast: 20_000,
      quota: { max: 100 },
      funding: { bank: 67, merchant: 33 },
    },
    {
      id: 'pack',
      title: '优惠券',
      budget: 'total.gifts',
      vouchers: [{ voucher: 'tea', face: 500, validFor: '15d' }],
    },
    { id: 'gift', title: '杯子', budget: 'total.gifts', goods: { sku: 'cup' }, quota: { max: 10 } },
  ],
  targets: {
    payments: 5,
    amountMinor: 1_000_000,
    activationRateBp: 8500,
    costMinor: 20_000,
    smiles: 7,
  },
});

export const at = (local: string): number => Date.parse(`${local.replace(' ', 'T')}+08:00`);
