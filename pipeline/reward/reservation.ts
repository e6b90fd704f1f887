/** What one offer asks of the ledger for one event: a reservation, an extension, or the record that it earns nothing. */

import type { Benefit } from '../../config/campaign-benefits.ts';
import type { Decision } from '../decide/decision.ts';
import type { EventType } from '../event.ts';
import { endOfTerm, exchangedFor } from './benefit.ts';
import type { CompiledOffer, CompiledTier } from './campaign.ts';
import type { EventFields } from './cel-fields.ts';
import type { Subject } from './cel-scope.ts';
import { wordOf } from './event-ops.ts';
import type { IneligibleReason } from './grant.ts';
import { grantIdOf } from './grant-id.ts';
import type { Identity, Person } from './identity.ts';
import type { Choice, ReserveOp } from './ledger-op.ts';
import type { ExtendOp } from './wish-op.ts';
import { limitsOf, quotasOf, unlessOf } from './limits.ts';
import { offeringOf, type Occasion, type Offering } from './offering.ts';

/** One event under evaluation. */
export interface Case {
  readonly subject: Subject;
  readonly identity: Identity;
  readonly decision: Decision;
  readonly configVersion: string;
  readonly paymentMinor: number;
  /** The authorisation that a payment concludes, or that the event itself is. */
  readonly authorisationId: string | undefined;
}

/** What an offer makes of an event that qualifies for it, or why nothing comes of it all the same. */
export function offerOp(offer: CompiledOffer, of: Case): ReserveOp | ExtendOp | IneligibleReason {
  const tiers = offer.tiers.filter(({ atLeastMinor }) => of.paymentMinor >= atLeastMinor);
  const [top] = tiers;
  if (top?.benefit.kind === 'extend') return extensionOf(offer, top.benefit, of);
  const { identity } = of;
  const beneficiary = offer.toInviter ? identity.inviter : identity.customer;
  if (beneficiary === undefined && (offer.toInviter || offer.needsOwner)) return 'identity_missing';
  return reservationOf(offer, of, tiers, beneficiary);
}

/** A limit that counts by something that the event does not name could not be held. */
function reservationOf(
  offer: CompiledOffer,
  of: Case,
  tiers: readonly CompiledTier[],
  beneficiary: Person | undefined,
): ReserveOp | IneligibleReason {
  const { subject, identity } = of;
  const { event, fields } = subject;
  const { occurredAtMs } = event;
  const { id: eventId } = fields;
  const { terms } = offer;
  const when = {
    day: terms.local.day(occurredAtMs),
    minute: Math.floor(terms.local.minuteOfDay(occurredAtMs)),
  };
  const limits = limitsOf(offer.limits, identity, when);
  const quotas = quotasOf(offer.quota, identity, when);
  const unless = unlessOf(offer.unless, identity);
  if (limits === undefined || quotas === undefined || unless === undefined)
    return 'identity_missing';
  const idIn = (other: CompiledOffer): string => idOf(other, of);
  const at: Occasion = {
    offer,
    terms,
    fields,
    paymentMinor: of.paymentMinor,
    occurredAtMs,
    eventId,
    grantId: idIn(offer),
    owner: beneficiary?.scope ?? identity.scope,
  };
  const offering = offeringOf(at, tiers);
  if (offering === undefined) return offer.exchange ? 'no_such_item' : 'nothing_to_give';
  const cashMinor = cashOf(at, offering);
  // What was paid in points alone has no amount; cash that nobody has paid buys nothing.
  if (cashMinor !== undefined && of.paymentMinor !== cashMinor) return 'amount_mismatch';
  const fallback = offer.preauth && event.type !== 'payment.authorising';
  const next = offering.next ?? claimOf(offer, occurredAtMs);
  return {
    kind: 'reserve',
    grantId: at.grantId,
    campaignId: offer.campaignId,
    offerId: offer.offerId,
    budgetLine: offer.budgetLine,
    eventId,
    ...namesOf(fields),
    beneficiaryId: beneficiary?.id ?? '',
    paymentMinor: cashMinor ?? of.paymentMinor,
    occurredAtMs,
    configVersion: of.configVersion,
    detail: offering.detail,
    ...standingOf(offer, of.decision, fallback),
    choices: offering.choices.map((choice) => afterRefund(offer, choice)),
    limits,
    quotas,
    unless,
    rivals: offer.rivals.map(idIn),
    ...(offer.onExchange && {
      needs: [idOf({ ...offer, offerId: fields.name('offerId') ?? '' }, of)],
    }),
    ...(next !== undefined && { next, reviewHold: offer.hold }),
    onRefund: { ...onRefundOf(offer), keepAtLeastMinor: 0 },
    ...provenBy(event.type, fields),
    // Whichever of a payment and its authorisation comes first has the answer for both.
    ...(offer.preauth && { ifAbsent: true }),
  };
}

/**
 * What an offer gives before the payment is known by the authorisation and the account, which the two have in
 * common: one of them may name the customer and the other not. All else is known by the event itself.
 */
function idOf(
  { campaignId, offerId, preauth }: Pick<CompiledOffer, 'campaignId' | 'offerId' | 'preauth'>,
  { identity, subject, authorisationId }: Case,
): string {
  return preauth && authorisationId !== undefined
    ? grantIdOf(campaignId, offerId, identity.accountScope, authorisationId)
    : grantIdOf(campaignId, offerId, identity.scope, subject.fields.id);
}

function namesOf(fields: EventFields): Pick<ReserveOp, 'accountId' | 'customerId' | 'cardId'> {
  const { accountId, customerId = '', cardId = '' } = fields;
  return { accountId, customerId, cardId };
}

/** What a grant begins as, and how long it may wait so. */
function standingOf(
  { preauth, authorisationMs, reviewAlways, hold }: CompiledOffer,
  decision: Decision,
  fallback: boolean,
): Pick<ReserveOp, 'intent' | 'reason' | 'hold' | 'reviewHold'> {
  const word = wordOf(decision);
  if (word.intent === 'voided') return { ...word, hold };
  if (preauth && !fallback) {
    return {
      intent: 'held',
      // What was in doubt at the authorisation stays so until somebody has judged it, whatever the payment is like.
      reason: word.intent === 'held' ? 'awaiting_payment_and_review' : 'awaiting_payment',
      hold: { timeoutMs: authorisationMs, onTimeout: 'void' },
      reviewHold: hold,
    };
  }
  return reviewAlways ? { intent: 'held', reason: 'awaiting_review', hold } : { ...word, hold };
}

function claimOf({ claim, terms }: CompiledOffer, occurredAtMs: number): ReserveOp['next'] {
  if (claim === undefined) return undefined;
  // An interval ends before its `to`: the last day of a campaign is the one before midnight.
  const anchorMs = claim.anchor === 'campaign_end' ? terms.toMs - 1 : occurredAtMs;
  return { kind: 'claim', untilMs: endOfTerm(claim.within, anchorMs, terms) };
}

function onRefundOf({ refund }: CompiledOffer): Pick<ReserveOp['onRefund'], 'quota' | 'right'> {
  return { quota: refund.quota, right: refund.right };
}

/** The threshold to keep is that of the tier that is granted, which may be a lower one than was reached. */
function afterRefund({ refund, tiers }: CompiledOffer, choice: Choice): Choice {
  if (refund.below === 'keep') return choice;
  const keepAtLeastMinor = tiers.find(({ index }) => index === choice.tier)!.atLeastMinor;
  if (refund.below === 'revoke') return { ...choice, keepAtLeastMinor };
  const reprice = tiers
    .filter(({ index }) => index <= choice.tier)
    .map(({ atLeastMinor, benefit }) => [atLeastMinor, fixedAmountOf(benefit)] as const);
  return { ...choice, reprice };
}

/** The configuration allows `reprice` for fixed amounts alone. */
function fixedAmountOf(benefit: Benefit): number {
  const money =
    benefit.kind === 'discount' || benefit.kind === 'cashback' ? benefit.money : undefined;
  if (money?.kind !== 'fixed')
    throw new Error('only fixed amounts are counted anew: check the campaign first');
  return money.amountMinor;
}

/** What a redemption is paid with beside points; a share of what it spends belongs to the same payment. */
function cashOf(at: Occasion, offering: Offering): number | undefined {
  if (!at.offer.onExchange) return offering.cashMinor;
  const items = at.terms.exchanges.get(at.fields.name('offerId') ?? '');
  return items && exchangedFor(at, items)?.cashMinor;
}

/** A proof is about a payment: when that goes back, what was given for the proof goes with it. */
function provenBy(type: EventType, fields: EventFields): Pick<ReserveOp, 'provenPaymentId'> {
  const provenPaymentId = type === 'proof.submitted' ? fields.name('paymentId') : undefined;
  return provenPaymentId === undefined ? {} : { provenPaymentId };
}

/**
 * Each voucher runs longer once for each offer; nothing is promised while an event is in doubt. The id names
 * who asks, or a stranger who is refused would use up the owner's word.
 */
function extensionOf(
  { campaignId, offerId }: CompiledOffer,
  { byMs, vouchers }: Extract<CompiledTier['benefit'], { kind: 'extend' }>,
  { subject: { event, fields }, identity: { customer }, decision }: Case,
): ExtendOp | IneligibleReason {
  const voucherId = fields.name('voucherId');
  if (voucherId === undefined) return 'voucher_not_named';
  if (customer === undefined) return 'identity_missing';
  if (decision.verdict !== 'allow') return 'risk_doubt';
  const id = `${campaignId}.${offerId}.${customer.scope}.${voucherId}`;
  const { occurredAtMs } = event;
  return { kind: 'extend', id, customerId: customer.id, voucherId, vouchers, byMs, occurredAtMs };
}

/** The record that an event earns nothing of the offer that it names, and why. */
export function rejectionOf(
  offer: CompiledOffer,
  { subject: { event, fields }, identity, configVersion, paymentMinor }: Case,
  reason: IneligibleReason,
): ReserveOp {
  const { campaignId, offerId, budgetLine } = offer;
  return {
    kind: 'reserve',
    grantId: grantIdOf(campaignId, offerId, identity.scope, fields.id),
    ...{ campaignId, offerId, budgetLine, eventId: fields.id },
    ...namesOf(fields),
    beneficiaryId: identity.customer?.id ?? '',
    ...{ paymentMinor, occurredAtMs: event.occurredAtMs, configVersion, detail: '' },
    ...{ intent: 'rejected', reason, choices: [NOTHING_GIVEN] },
    ...{ limits: [], quotas: [], unless: [], rivals: [] },
    onRefund: { quota: 'keep', keepAtLeastMinor: 0 },
  };
}

const NOTHING_GIVEN: Choice = {
  ...{ tier: -1, label: '', amountMinor: 0 },
  ...{ units: [], values: [], award: [] },
};
