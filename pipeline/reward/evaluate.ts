/**
 * What an event earns: pure, and in order of cost. Types, times and amounts are compared before any text
 * of the event is read, so that an event that earns nothing costs a few comparisons.
 */

import { hash } from 'node:crypto';
import type { LimitKey } from '../../config/campaign-schema.ts';
import type { Label } from '../decide/account-action.ts';
import { eventIdOf, type Decision } from '../decide/decision.ts';
import type { Event } from '../event.ts';
import type { CompiledCampaigns, CompiledOffer, CompiledTier } from './campaign.ts';
import {
  accountPart,
  PAYABLE,
  type Choice,
  type Leg,
  type LedgerOp,
  type RefundOp,
  type ReserveOp,
} from './ledger-op.ts';
import { dateOf, weekdayOf } from './local-time.ts';

const NOTHING: readonly LedgerOp[] = [];

/**
 * The ledger operations of one event, in order. A payment allowed is posted, under review held, and when it
 * is blocked the grant it would have earned is recorded as voided. A refund is a fact whatever the verdict:
 * the money went back, so the reward follows.
 */
export function evaluate(
  campaigns: CompiledCampaigns,
  event: Event,
  decision: Decision,
  configVersion: string,
): readonly LedgerOp[] {
  const type = event.type;
  if (type === 'refund') return [refundOf(event, configVersion)];
  const offers = campaigns.offersOn.get(type);
  if (offers === undefined) return NOTHING;
  let ops: LedgerOp[] | undefined;
  const paymentMinor = event.amountMinor;
  const occurredAtMs = event.occurredAtMs;
  if (paymentMinor === undefined) return NOTHING;
  for (const offer of offers) {
    if (paymentMinor < offer.lowestMinor) continue;
    if (occurredAtMs < offer.fromMs || occurredAtMs >= offer.toMs) continue;
    if (!isOpen(offer, occurredAtMs) || !qualifies(offer, event)) continue;
    const op = reservationOf(offer, event, paymentMinor, decision, { configVersion, campaigns });
    if (op !== undefined) (ops ??= []).push(op);
  }
  return ops ?? NOTHING;
}

/** What an analyst's word on a decision means for the rewards that wait for it. */
export function settle(label: Label): readonly LedgerOp[] {
  const confirmed = label.label === 'confirmed';
  return [
    {
      kind: 'settle',
      id: `label_${label.decisionId}_${label.label}`,
      eventId: eventIdOf(label.decisionId),
      to: confirmed ? 'voided' : 'posted',
      reason: confirmed ? 'review_confirmed' : 'released',
      occurredAtMs: label.labelledAtMs,
    },
  ];
}

function isOpen(offer: CompiledOffer, atMs: number): boolean {
  const { schedule, local } = offer;
  if (schedule === undefined) return true;
  if (!schedule.weekdays.has(weekdayOf(local.day(atMs)))) return false;
  const minute = local.minuteOfDay(atMs);
  return minute >= schedule.from && minute < schedule.to;
}

function qualifies(offer: CompiledOffer, event: Event): boolean {
  return (
    isIn(offer.channel, () => event.channel) &&
    isIn(offer.category, () => event.category) &&
    isIn(offer.instrument, () => event.instrument) &&
    isIn(offer.merchant, () => event.merchantId) &&
    event.currency === offer.currency
  );
}

/** An event without the field takes no part in an offer that asks for it. */
function isIn(wanted: ReadonlySet<string> | undefined, read: () => string | undefined): boolean {
  if (wanted === undefined) return true;
  const value = read();
  return value !== undefined && wanted.has(value);
}

/** Undefined when a limit counts by something that the event does not name: it could not be held. */
function reservationOf(
  offer: CompiledOffer,
  event: Event,
  paymentMinor: number,
  decision: Decision,
  terms: { readonly configVersion: string; readonly campaigns: CompiledCampaigns },
): ReserveOp | undefined {
  const { id: eventId, occurredAtMs } = event;
  const day = dateOf(offer.local.day(occurredAtMs));
  const customer = customerOf(event, terms.campaigns);
  const limits = limitsOf(offer, event, customer, day, terms.campaigns);
  if (limits === undefined) return undefined;
  const tiers = offer.tiers.filter((tier) => paymentMinor >= tier.atLeastMinor);
  const owner = customer ?? accountScope(event);
  return {
    kind: 'reserve',
    grantId: grantIdOf(offer.campaignId, offer.offerId, owner, eventId),
    campaignId: offer.campaignId,
    offerId: offer.offerId,
    budgetLine: offer.budgetLine,
    eventId,
    accountId: event.accountId,
    customerId: event.customerId ?? '',
    cardId: event.cardId ?? '',
    beneficiaryId: event.customerId ?? event.accountId,
    paymentMinor,
    occurredAtMs,
    configVersion: terms.configVersion,
    detail: '',
    ...intentOf(decision),
    choices: (offer.nextLower ? tiers : tiers.slice(0, 1)).map((tier) =>
      choiceOf(offer, tier, owner),
    ),
    limits,
    quotas: quotasOf(offer, day),
    unless: [],
    rivals: [],
    hold: offer.hold,
    onRefund: { quota: 'keep', keepAtLeastMinor: 0 },
  };
}

/** Every budget line by the amount, and what is payable to the customer as their contra. */
function choiceOf(offer: CompiledOffer, tier: CompiledTier, owner: string): Choice {
  const amountMinor = tier.offMinor;
  return {
    tier: tier.index,
    label: offer.tiers.length > 1 ? `tier-${tier.index + 1}` : '',
    amountMinor,
    units: tier.quota === undefined ? [] : [tier.quota],
    values: [
      ...offer.budgets.map((leg) => ({ ...leg, by: amountMinor })),
      { account: `${PAYABLE}${owner}`, by: -amountMinor, limit: undefined },
    ],
    award: [{ kind: 'discount', amountMinor }],
  };
}

function limitsOf(
  offer: CompiledOffer,
  event: Event,
  customer: string | undefined,
  day: string,
  campaigns: CompiledCampaigns,
): Leg[] | undefined {
  const legs: Leg[] = [];
  for (const { account, per, period, max } of offer.limits) {
    let name = `${account}/${period === 'campaign' ? 'campaign' : day}`;
    for (const key of per) {
      const value = key === 'customer' ? customer : namedValue(event, key, campaigns);
      if (value === undefined) return undefined;
      name += `/${value}`;
    }
    legs.push({ account: name, limit: max });
  }
  return legs;
}

function quotasOf({ quota }: CompiledOffer, day: string): Leg[] {
  if (quota === undefined) return [];
  const account = quota.period === 'campaign' ? quota.account : `${quota.account}/${day}`;
  return [{ account, limit: quota.max }];
}

function intentOf(decision: Decision): Pick<ReserveOp, 'intent' | 'reason'> {
  if (decision.verdict === 'allow') return { intent: 'posted', reason: 'granted' };
  if (decision.verdict === 'review') return { intent: 'held', reason: 'held_for_review' };
  const frozen = decision.reasons.includes('account_frozen');
  return { intent: 'voided', reason: frozen ? 'account_frozen' : 'risk_block' };
}

/**
 * Who a once-only right belongs to. Customer numbers and account numbers are told apart. Undefined when
 * neither names anybody: strangers who share a placeholder do not share a right.
 */
function customerOf(event: Event, { isPlaceholder }: CompiledCampaigns): string | undefined {
  const customer = event.customerId;
  if (customer !== undefined && !isPlaceholder(customer))
    return `customer=${accountPart(customer)}`;
  return isPlaceholder(event.accountId) ? undefined : accountScope(event);
}

function accountScope(event: Event): string {
  return `account=${accountPart(event.accountId)}`;
}

const NAMED = {
  account: 'accountId',
  card: 'cardId',
  device: 'deviceId',
  ip: 'ip',
  category: 'category',
  merchant: 'merchantId',
} as const satisfies Partial<Record<LimitKey, keyof Event>>;

/** Named by the event's attributes. */
const REFERENCES = {
  inviter: 'inviterId',
  voucher: 'voucherId',
  payment: 'paymentId',
} as const satisfies Record<Exclude<LimitKey, 'customer' | keyof typeof NAMED>, string>;

function namedValue(
  event: Event,
  key: keyof typeof NAMED | keyof typeof REFERENCES,
  { isPlaceholder }: CompiledCampaigns,
): string | undefined {
  const value =
    key in NAMED
      ? event[NAMED[key as keyof typeof NAMED]]
      : event.attributes[REFERENCES[key as keyof typeof REFERENCES]];
  return typeof value !== 'string' || isPlaceholder(value)
    ? undefined
    : `${key}=${accountPart(value)}`;
}

/**
 * The grant's id, the same for ever: campaign, offer, who, and the business number of the payment. No
 * version, offset or delivery is in it, or a replay would grant twice. 132 of SHA-256's bits.
 */
export function grantIdOf(
  campaignId: string,
  offerId: string,
  scope: string,
  paymentId: string,
): string {
  const text = JSON.stringify([campaignId, offerId, scope, paymentId]);
  return `g_${hash('sha256', text, 'base64url').slice(0, 22)}`;
}

function refundOf(event: Event, configVersion: string): RefundOp {
  return {
    kind: 'refund',
    refundId: event.id,
    paymentId: event.refundOf ?? '',
    refundMinor: event.amountMinor ?? 0,
    accountId: event.accountId,
    customerId: event.customerId ?? '',
    cardId: event.cardId ?? '',
    occurredAtMs: event.occurredAtMs,
    configVersion,
  };
}
