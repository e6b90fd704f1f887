/** Everything the report asks of the record, one statement after the other. */

import type { Campaign } from '../../config/campaign-schema.ts';
import type { Analytics } from '../record/analytics.ts';
import { Adjustments, type CampaignChange } from '../reward/adjustments.ts';
import { sharedAccounts } from '../reward/campaign-accounts.ts';
import type { SharedAccount } from '../reward/campaign.ts';
import type { Kpi } from './kpi.ts';
import { CARDS, type CardRow } from './kpi-cards.ts';
import * as customers from './kpi-customers.ts';
import { OUTSTANDING, type OutstandingRow } from './kpi-outstanding.ts';
import * as payments from './kpi-payments.ts';
import * as rewards from './kpi-rewards.ts';
import { PATTERNS, type PatternRow } from './kpi-risk.ts';
import { periodsOf, type Periods } from './periods.ts';
import { scopeOf } from './scope.ts';

export interface Answers {
  readonly record: payments.RecordRow;
  readonly outstanding: OutstandingRow;
  readonly periods: Periods;
  readonly business: readonly payments.BusinessRow[];
  readonly instruments: readonly payments.InstrumentRow[];
  readonly dailyPayments: readonly payments.DailyPaymentsRow[];
  readonly newcomers: readonly customers.NewcomersRow[];
  readonly paymentsByNewness: readonly customers.CustomerSplitRow[];
  readonly rewardsByNewness: readonly customers.RewardSplitRow[];
  /** Undefined: the record does not reach the end of the window. */
  readonly retention: customers.RetentionRow | undefined;
  readonly wakeUp: customers.WakeUpRow;
  readonly funnel: readonly customers.FunnelRow[];
  readonly cards: readonly CardRow[];
  readonly offers: readonly rewards.OfferRow[];
  readonly outcomes: readonly rewards.OutcomeRow[];
  readonly vouchers: readonly rewards.VoucherRow[];
  readonly deliveries: readonly rewards.DeliveryRow[];
  readonly dailyRewards: readonly rewards.DailyRewardsRow[];
  readonly actions: readonly rewards.ActionRow[];
  readonly patterns: readonly PatternRow[];
  /** Every budget line, stock and quota with its limit as it stands now. */
  readonly accounts: readonly (SharedAccount & rewards.AccountRow)[];
}

/** Two worker threads of the database do: the running worker writes to the same one. */
const SETTINGS = `
SETTINGS max_threads = 2, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000`;

/** What the figures follow from: rows of these that are still to be written would change them. */
export const REPORTED_TABLES: ReadonlySet<string> = new Set([
  'campaign_actions',
  'decisions',
  'deliveries',
  'events',
  'grants',
  'labels',
  'ledger_entries',
  'vouchers',
]);

/** Aggregates only: what comes back does not grow with the number of customers. */
export async function askRecord(
  analytics: Pick<Analytics, 'query'>,
  campaign: Campaign,
  placeholders: readonly string[],
): Promise<Answers> {
  const names = {
    campaign: campaign.id,
    zone: campaign.timezone,
    currency: campaign.currency,
    ...scopeOf(campaign),
    placeholders: placeholders.map((value) => value.trim().toLowerCase()),
  };
  const [found] = await analytics.query<payments.RecordRow>(payments.RECORD.sql, {
    ...periodsOf(campaign, undefined),
  });
  const record = found!;
  // Before the figures: what reaches the record while they are read is in them or told, not neither.
  const [outstanding] = await analytics.query<OutstandingRow>(`${OUTSTANDING}${SETTINGS}`);
  const periods = periodsOf(campaign, record.events === 0 ? undefined : record);
  const ask = <Row>({ sql }: Kpi, more: object = {}): Promise<Row[]> =>
    analytics.query<Row>(`${sql}${SETTINGS}`, { ...names, ...periods, ...more });
  const actions = await ask<rewards.ActionRow>(rewards.ACTIONS);
  const limits = limitsAfter(campaign, actions);
  const accounts = await ask<rewards.AccountRow>(rewards.ACCOUNTS, {
    accounts: limits.map(({ account }) => account),
  });
  const standing = new Map(accounts.map((row) => [row.account, row]));
  return {
    record,
    outstanding: outstanding!,
    periods,
    actions,
    accounts: limits.map((limit) => ({
      posted: 0,
      pending: 0,
      ...standing.get(limit.account),
      ...limit,
    })),
    business: await ask(payments.BUSINESS),
    instruments: await ask(payments.INSTRUMENTS),
    dailyPayments: await ask(payments.DAILY_PAYMENTS),
    newcomers: await ask(customers.NEW_CUSTOMERS),
    paymentsByNewness: await ask(customers.PAYMENTS_BY_NEWNESS),
    rewardsByNewness: await ask(customers.REWARDS_BY_NEWNESS),
    retention:
      record.lastMs < periods.to
        ? undefined
        : (await ask<customers.RetentionRow>(customers.RETENTION))[0]!,
    wakeUp: (await ask<customers.WakeUpRow>(customers.WAKE_UP))[0]!,
    funnel: await ask(customers.FUNNEL),
    cards: await ask(CARDS),
    offers: await ask(rewards.OFFERS),
    outcomes: await ask(rewards.OUTCOMES),
    vouchers: await ask(rewards.VOUCHERS),
    deliveries: await ask(rewards.DELIVERIES),
    dailyRewards: await ask(rewards.DAILY_REWARDS),
    patterns: await ask(PATTERNS),
  };
}

function limitsAfter(campaign: Campaign, actions: readonly rewards.ActionRow[]): SharedAccount[] {
  const adjustments = new Adjustments();
  for (const { actionId, actor, reason, issuedAtMs, value } of actions) {
    const change = JSON.parse(value) as CampaignChange;
    adjustments.apply({ id: actionId, actor, reason, issuedAtMs, change });
  }
  return sharedAccounts([campaign], adjustments);
}
