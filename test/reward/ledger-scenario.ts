/** Operations for the tests of the ledger, made by hand: what an offer, an event and a verdict would come to. */

import ms from 'ms';
import {
  accountPart,
  type Choice,
  type HoldTimeout,
  type Leg,
  type RefundOp,
  type ReserveOp,
  type SettleOp,
} from '../../pipeline/reward/ledger-op.ts';

/** A Friday, one o'clock in the afternoon in Shanghai. */
export const FRIDAY_NOON_MS = Date.parse('2026-11-20T13:00:00+08:00');

/** Names of the accounts of the one campaign. */
export const TIER_1 = 'quota/bills/off/tier-1';
export const TIER_2 = 'quota/bills/off/tier-2';
export const TOTAL = 'budget/bills/total';
export const SPEND = 'budget/bills/total.spend';

export interface Facts {
  readonly id: string;
  readonly customerId?: string;
  readonly cardId?: string;
  readonly category?: string;
  readonly amountMinor?: number;
  readonly occurredAtMs?: number;
}

interface Tier {
  readonly atLeast: number;
  readonly off: number;
  readonly quota?: number;
}

export interface Offer {
  readonly tiers: readonly Tier[];
  readonly total: number;
  readonly spend: number;
  readonly onTierExhausted?: 'next_lower';
  readonly hold?: { readonly timeout: ms.StringValue; readonly onTimeout: HoldTimeout };
  /** Instead of once per customer and kind of bill: one for each name. */
  readonly limit?: (facts: Required<Facts>) => string;
  /** Whatever else is to differ in its operations. */
  readonly terms?: Partial<ReserveOp>;
}

/** 300.00 and more, 10.00 off, once per customer and kind of bill; generous where nothing is given. */
export function offer(settings: Partial<Offer> & { readonly quota?: number } = {}): Offer {
  const { quota = 1_000_000, total = 1_000_000_000, spend = total } = settings;
  return { tiers: [{ atLeast: 30_000, off: 1000, quota }], ...settings, total, spend };
}

export type Verdict = 'allow' | 'review' | 'block';

const INTENTS = {
  allow: { intent: 'posted', reason: 'granted' },
  review: { intent: 'held', reason: 'held_for_review' },
  block: { intent: 'voided', reason: 'risk_block' },
} as const satisfies Record<Verdict, Pick<ReserveOp, 'intent' | 'reason'>>;

/** The reservation of one payment; none below the lowest tier. */
export function ops(of: Offer, given: Facts, verdict: Verdict = 'allow'): ReserveOp[] {
  const facts = {
    customerId: 'customer-1',
    cardId: 'card-1',
    category: 'water',
    amountMinor: 30_000,
    occurredAtMs: FRIDAY_NOON_MS,
    ...given,
  };
  const reached = of.tiers
    .map((tier, index) => choiceOf(of, tier, index, facts.customerId))
    .filter((_choice, index) => facts.amountMinor >= of.tiers[index]!.atLeast)
    .reverse();
  if (reached.length === 0) return [];
  const { hold } = of;
  return [
    {
      kind: 'reserve',
      grantId: `g_${accountPart(facts.id)}`,
      campaignId: 'bills',
      offerId: 'off',
      budgetLine: 'total.spend',
      eventId: facts.id,
      accountId: 'account-1',
      customerId: facts.customerId,
      cardId: facts.cardId,
      beneficiaryId: facts.customerId,
      paymentMinor: facts.amountMinor,
      occurredAtMs: facts.occurredAtMs,
      configVersion: 'config-1',
      detail: '',
      ...INTENTS[verdict],
      choices: of.onTierExhausted === undefined ? reached.slice(0, 1) : reached,
      limits: [{ account: `limit/bills/off/${(of.limit ?? kindOfBill)(facts)}`, limit: 1 }],
      quotas: [],
      unless: [],
      rivals: [],
      hold: hold && { timeoutMs: ms(hold.timeout), onTimeout: hold.onTimeout },
      onRefund: { quota: 'keep', keepAtLeastMinor: 0 },
      ...of.terms,
    },
  ];
}

function kindOfBill({ customerId, category }: Required<Facts>): string {
  return `${accountPart(customerId)}/${category}`;
}

function choiceOf(of: Offer, tier: Tier, index: number, customerId: string): Choice {
  const units: Leg[] = [];
  if (tier.quota !== undefined) {
    units.push({ account: `quota/bills/off/tier-${index + 1}`, limit: tier.quota });
  }
  return {
    ...money(of, tier.off, customerId),
    tier: index,
    label: of.tiers.length > 1 ? `tier-${index + 1}` : '',
    units,
  };
}

/** A discount, with its budget lines and their contra. */
export function money(of: Offer, amountMinor: number, customerId = 'customer-1'): Choice {
  return {
    tier: 0,
    label: '',
    amountMinor,
    units: [],
    values: [
      { account: SPEND, by: amountMinor, limit: of.spend },
      { account: TOTAL, by: amountMinor, limit: of.total },
      { account: payable(customerId), by: -amountMinor, limit: undefined },
    ],
    award: [{ kind: 'discount', amountMinor }],
  };
}

export function payable(customerId: string): string {
  return `payable/${accountPart(customerId)}`;
}

export function refund(
  id: string,
  paymentId: string | undefined,
  amountMinor: number | undefined,
  occurredAtMs = FRIDAY_NOON_MS,
): RefundOp[] {
  return [
    {
      kind: 'refund',
      refundId: id,
      paymentId: paymentId ?? '',
      refundMinor: amountMinor ?? 0,
      accountId: 'account-1',
      customerId: 'customer-1',
      cardId: 'card-1',
      occurredAtMs,
      configVersion: 'config-1',
    },
  ];
}

/** What an analyst's label of the event's decision says to its rewards. */
export function label(
  eventId: string,
  value: 'confirmed' | 'false_positive',
  occurredAtMs = 1,
): SettleOp[] {
  const confirmed = value === 'confirmed';
  return [
    {
      kind: 'settle',
      id: `label_${eventId}_${value}`,
      eventId,
      to: confirmed ? 'voided' : 'posted',
      reason: confirmed ? 'review_confirmed' : 'released',
      occurredAtMs,
    },
  ];
}

/** Somebody else, so that the once-only limit does not bite. */
export function other(n: number): { id: string; customerId: string } {
  return { id: `p${n}`, customerId: `customer-${n}` };
}
