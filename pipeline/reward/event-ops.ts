/** What some events do to earlier rewards, whatever the campaigns say now: refunds, captures, claims. */

import type { Decision } from '../decide/decision.ts';
import type { Event, EventType } from '../event.ts';
import type { Subject } from './cel-scope.ts';
import type { GrantReason } from './grant.ts';
import type { Identity } from './identity.ts';
import type { CampaignTerms } from './benefit.ts';
import type { CaptureOp, Leg, LedgerOp, RefundOp } from './ledger-op.ts';
import type { RedeemOp, RefuseOp, VoucherUse } from './wish-op.ts';

/** Types that stand for more than what they earn. */
export const ACTING_TYPES: ReadonlySet<EventType> = new Set<EventType>([
  'payment',
  'payment.cancelled',
  'claim.submitted',
  'choice.made',
  'voucher.redeemed',
]);

/** A refund is a fact whatever the verdict: the money went back, so the reward follows. */
export function refundOf(
  event: Event,
  configVersion: string,
  terms: readonly CampaignTerms[],
): RefundOp {
  const { amountMinor = 0, currency } = event;
  const foreign = amountMinor === 0 ? [] : terms.filter((each) => each.currency !== currency);
  return {
    ...(foreign.length > 0 && { foreignTo: foreign.map(({ campaignId }) => campaignId) }),
    kind: 'refund',
    refundId: event.id,
    paymentId: event.refundOf ?? '',
    refundMinor: amountMinor,
    accountId: event.accountId,
    customerId: event.customerId ?? '',
    cardId: event.cardId ?? '',
    occurredAtMs: event.occurredAtMs,
    configVersion,
  };
}

/** What an event's operation has to know of the campaigns in force. */
export interface InForce {
  readonly terms: readonly CampaignTerms[];
  readonly accounts: readonly Leg[];
}

/**
 * The operation of an event of ACTING_TYPES; undefined for a payment without an authorisation. What a customer
 * wishes is not done for an event that is blocked; that a payment was cancelled is a fact.
 */
export function operationOf(
  { event, fields }: Subject,
  identity: Identity,
  decision: Decision,
  inForce: InForce,
): LedgerOp | undefined {
  const { id, type, accountId, occurredAtMs } = event;
  if (type === 'payment' || type === 'payment.cancelled') {
    const authorisationId = fields.name('authorisationId');
    if (authorisationId === undefined) {
      // A payment needs none; a cancellation is of one.
      return type === 'payment' ? undefined : refusalOf(event, identity, 'authorisation_not_named');
    }
    if (type === 'payment.cancelled') {
      const customerId = event.customerId ?? '';
      return { kind: 'cancel', id, authorisationId, accountId, customerId, occurredAtMs };
    }
    return { ...captureOf(event, authorisationId, decision), room: inForce.accounts };
  }
  if (decision.verdict === 'block') return refusalOf(event, identity, wordOf(decision).reason);
  const wish = { id, customerId: identity.customer?.id ?? '', occurredAtMs };
  if (type === 'voucher.redeemed') {
    const voucherId = fields.name('voucherId');
    return voucherId === undefined
      ? refusalOf(event, identity, 'voucher_not_named')
      : {
          kind: 'redeem',
          ...wish,
          voucherId,
          room: inForce.accounts,
          ...purchaseOf(event, inForce),
        };
  }
  const grantId = fields.name('grantId');
  if (grantId === undefined) return refusalOf(event, identity, 'grant_not_named');
  const intent = decision.verdict === 'review' ? 'held' : 'posted';
  const answer = { ...wish, grantId, intent, room: inForce.accounts } as const;
  if (type === 'claim.submitted') return { kind: 'claim', ...answer };
  const option = fields.name('option');
  return option === undefined
    ? refusalOf(event, identity, 'option_not_named')
    : { kind: 'choose', ...answer, option };
}

/** The record that an event's wish comes to nothing, and why. */
export function refusalOf(event: Event, identity: Identity, reason: GrantReason): RefuseOp {
  const { id, accountId, occurredAtMs } = event;
  const customerId = identity.customer?.id ?? '';
  return { kind: 'refuse', id, accountId, customerId, reason, occurredAtMs };
}

function captureOf(event: Event, authorisationId: string, decision: Decision): CaptureOp {
  const { id, accountId, customerId = '', amountMinor, occurredAtMs } = event;
  return {
    ...{ kind: 'capture', id, authorisationId, accountId, customerId, amountMinor },
    ...wordOf(decision),
    occurredAtMs,
  };
}

/** What a verdict means for a reward that waits for nothing else. */
export function wordOf(decision: Decision): Pick<CaptureOp, 'intent' | 'reason'> {
  if (decision.verdict === 'allow') return { intent: 'posted', reason: 'granted' };
  if (decision.verdict === 'review') return { intent: 'held', reason: 'held_for_review' };
  const frozen = decision.reasons.includes('account_frozen');
  return { intent: 'voided', reason: frozen ? 'account_frozen' : 'risk_block' };
}

/** Where and for how much a voucher is used. An amount is money of some currency; what carries none has none. */
function purchaseOf(
  { amountMinor, currency, merchantId, category }: Event,
  { terms }: InForce,
): Pick<RedeemOp, 'amountMinor' | 'places' | 'campaigns'> {
  const campaigns: Record<string, VoucherUse> = {};
  for (const each of terms) {
    const inCurrency = amountMinor === undefined || currency === each.currency;
    const lists = merchantId === undefined ? [] : each.scope.listsOf(merchantId);
    campaigns[each.campaignId] = { inCurrency, lists };
  }
  const places = [merchantId, category].filter((place) => place !== undefined);
  return { amountMinor: amountMinor ?? 0, places, campaigns };
}
