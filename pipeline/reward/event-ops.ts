/** What some events do to earlier rewards, whatever the campaigns say now: refunds, captures, claims. */

import type { Decision } from '../decide/decision.ts';
import type { Event, EventType } from '../event.ts';
import type { Subject } from './cel-scope.ts';
import type { Identity } from './identity.ts';
import type { CaptureOp, LedgerOp, RefundOp } from './ledger-op.ts';

/** Types that stand for more than what they earn. */
export const ACTING_TYPES: ReadonlySet<EventType> = new Set<EventType>([
  'payment',
  'payment.cancelled',
  'claim.submitted',
  'choice.made',
  'voucher.redeemed',
]);

/** A refund is a fact whatever the verdict: the money went back, so the reward follows. */
export function refundOf(event: Event, configVersion: string): RefundOp {
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

/**
 * The operation of an event of ACTING_TYPES; undefined when it names nothing to act on. What a customer wishes
 * is not done for an event that is blocked; that a payment was cancelled is a fact.
 */
export function operationOf(
  { event, fields }: Subject,
  identity: Identity,
  decision: Decision,
): LedgerOp | undefined {
  const { id, type, occurredAtMs } = event;
  if (type === 'payment' || type === 'payment.cancelled') {
    const authorisationId = fields.name('authorisationId');
    if (authorisationId === undefined) return undefined;
    if (type === 'payment.cancelled') return { kind: 'cancel', id, authorisationId, occurredAtMs };
    return captureOf(event, authorisationId, decision);
  }
  if (decision.verdict === 'block') return undefined;
  const wish = { id, customerId: identity.customer?.id ?? '', occurredAtMs };
  if (type === 'voucher.redeemed') {
    const voucherId = fields.name('voucherId');
    const amountMinor = event.amountMinor ?? 0;
    return voucherId === undefined
      ? undefined
      : { kind: 'redeem', ...wish, voucherId, amountMinor };
  }
  const grantId = fields.name('grantId');
  if (grantId === undefined) return undefined;
  if (type === 'claim.submitted') return { kind: 'claim', ...wish, grantId };
  const option = fields.name('option');
  return option === undefined ? undefined : { kind: 'choose', ...wish, grantId, option };
}

function captureOf(event: Event, authorisationId: string, decision: Decision): CaptureOp {
  const { id, amountMinor, occurredAtMs } = event;
  return { kind: 'capture', id, authorisationId, amountMinor, ...wordOf(decision), occurredAtMs };
}

/** What a verdict means for a reward that waits for nothing else. */
export function wordOf(decision: Decision): Pick<CaptureOp, 'intent' | 'reason'> {
  if (decision.verdict === 'allow') return { intent: 'posted', reason: 'granted' };
  if (decision.verdict === 'review') return { intent: 'held', reason: 'held_for_review' };
  const frozen = decision.reasons.includes('account_frozen');
  return { intent: 'voided', reason: frozen ? 'account_frozen' : 'risk_block' };
}
