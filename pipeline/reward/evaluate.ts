/**
 * What an event earns: pure, and in order of cost. Types, times and amounts are compared before any text
 * of the event is read, so that an event that earns nothing costs a few comparisons.
 */

import { hash } from 'node:crypto';
import type { Label } from '../decide/account-action.ts';
import { eventIdOf, type Decision } from '../decide/decision.ts';
import type { Event } from '../event.ts';
import { endOfTerm } from './benefit.ts';
import type { CompiledCampaigns, CompiledOffer, CompiledTier } from './campaign.ts';
import type { EventFields } from './cel-fields.ts';
import type { Subject } from './cel-scope.ts';
import type { CustomerFacts } from './customer-facts.ts';
import { qualifies } from './eligibility.ts';
import { ACTING_TYPES, operationOf, refundOf, wordOf } from './event-ops.ts';
import { Identity, type Person } from './identity.ts';
import type { ExtendOp, LedgerOp, ReserveOp } from './ledger-op.ts';
import { limitsOf, quotasOf, unlessOf } from './limits.ts';
import { offeringOf, type Occasion, type Offering } from './offering.ts';

const NOTHING: readonly LedgerOp[] = [];

/** How long an authorisation without its payment keeps what it reserved, unless the offer says. */
const AUTHORISATION_MS = 86_400_000;

/** One event under evaluation. */
interface Case {
  readonly subject: Subject;
  readonly identity: Identity;
  readonly decision: Decision;
  readonly configVersion: string;
  readonly paymentMinor: number;
  /** The authorisation that a payment concludes, or the event itself: what its grants are known by. */
  readonly key: string;
}

/**
 * The ledger operations of one event, in order. A payment allowed is posted, under review held, and when it
 * is blocked the grant it would have earned is recorded as voided.
 * @param facts what was known of the customer before the event.
 */
export function evaluate(
  campaigns: CompiledCampaigns,
  event: Event,
  decision: Decision,
  facts: CustomerFacts,
  configVersion: string,
): readonly LedgerOp[] {
  const { type, occurredAtMs } = event;
  if (type === 'refund') return [refundOf(event, configVersion)];
  const offers = campaigns.offersOn.get(type);
  const acts = ACTING_TYPES.has(type);
  if (offers === undefined && !acts) return NOTHING;
  const { subject } = campaigns;
  subject.bind(event, facts);
  const identity = new Identity(subject, campaigns.isPlaceholder);
  const first = acts ? operationOf(subject, identity, decision, campaigns) : undefined;
  let ops: LedgerOp[] | undefined = first && [first];
  if (offers === undefined) return ops ?? NOTHING;
  const paymentMinor = event.amountMinor ?? 0;
  let current: Case | undefined;
  for (const offer of offers) {
    if (paymentMinor < offer.lowestMinor) continue;
    if (occurredAtMs < offer.fromMs || occurredAtMs >= offer.toMs) continue;
    if (!qualifies(offer, subject)) continue;
    current ??= {
      subject,
      identity,
      decision,
      configVersion,
      paymentMinor,
      key: (first?.kind === 'capture' ? first.authorisationId : undefined) ?? subject.fields.id,
    };
    const op = offerOp(offer, current);
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

function offerOp(offer: CompiledOffer, of: Case): ReserveOp | ExtendOp | undefined {
  const tiers = offer.tiers.filter(({ atLeastMinor }) => of.paymentMinor >= atLeastMinor);
  const [top] = tiers;
  if (top?.benefit.kind === 'extend') return extensionOf(offer, top.benefit, of);
  const { identity } = of;
  const beneficiary = offer.toInviter ? identity.inviter : identity.customer;
  if (beneficiary === undefined && (offer.toInviter || offer.needsOwner)) return undefined;
  return reservationOf(offer, of, tiers, beneficiary);
}

/** Undefined when a limit counts by something that the event does not name: it could not be held. */
function reservationOf(
  offer: CompiledOffer,
  of: Case,
  tiers: readonly CompiledTier[],
  beneficiary: Person | undefined,
): ReserveOp | undefined {
  const { subject, identity } = of;
  const { event, fields } = subject;
  const { occurredAtMs } = event;
  const { id: eventId } = fields;
  const { terms } = offer;
  const day = terms.local.day(occurredAtMs);
  const limits = limitsOf(offer.limits, identity, day);
  const quotas = quotasOf(offer.quota, identity, day);
  const unless = unlessOf(offer.unless, identity);
  if (limits === undefined || quotas === undefined || unless === undefined) return undefined;
  const { scope } = identity;
  const idIn = (other: CompiledOffer): string =>
    grantIdOf(other.campaignId, other.offerId, scope, of.key);
  const at: Occasion = {
    offer,
    terms,
    fields,
    paymentMinor: of.paymentMinor,
    occurredAtMs,
    eventId,
    grantId: idIn(offer),
    owner: beneficiary?.scope ?? scope,
  };
  const offering = offeringOf(at, tiers);
  if (offering === undefined) return undefined;
  const fallback = offer.preauth && event.type !== 'payment.authorising';
  return {
    kind: 'reserve',
    grantId: at.grantId,
    campaignId: offer.campaignId,
    offerId: offer.offerId,
    budgetLine: offer.budgetLine,
    eventId,
    ...namesOf(fields),
    beneficiaryId: beneficiary?.id ?? '',
    paymentMinor: offering.cashMinor ?? of.paymentMinor,
    occurredAtMs,
    configVersion: of.configVersion,
    detail: offering.detail,
    ...standingOf(offer, of.decision, fallback),
    choices: offering.choices,
    limits,
    quotas,
    unless,
    rivals: offer.rivals.map(idIn),
    ...(offer.onExchange && {
      needs: [grantIdOf(offer.campaignId, fields.name('offerId') ?? '', scope, of.key)],
    }),
    next: offering.next ?? claimOf(offer, occurredAtMs),
    onRefund: onRefundOf(offer, offering),
    ...(fallback && { ifAbsent: true }),
  };
}

function namesOf(fields: EventFields): Pick<ReserveOp, 'accountId' | 'customerId' | 'cardId'> {
  const { accountId, customerId = '', cardId = '' } = fields;
  return { accountId, customerId, cardId };
}

/** What a grant begins as, and how long it may wait so. */
function standingOf(
  { preauth, reviewAlways, hold }: CompiledOffer,
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
      hold: { timeoutMs: hold?.timeoutMs ?? AUTHORISATION_MS, onTimeout: 'void' },
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

/** Where a lower tier may be granted instead, its own threshold is the one to keep. */
function onRefundOf(
  { refund, tiers }: CompiledOffer,
  { choices }: Offering,
): ReserveOp['onRefund'] {
  const { quota, right, below } = refund;
  if (below === 'keep') return { quota, right, keepAtLeastMinor: 0 };
  const reached = tiers.filter(({ index }) => choices.some(({ tier }) => tier === index));
  return { quota, right, keepAtLeastMinor: Math.min(...reached.map((tier) => tier.atLeastMinor)) };
}

/**
 * Each voucher runs longer once for each offer; nothing is promised while an event is in doubt. The id names
 * who asks, or a stranger who is refused would use up the owner's word.
 */
function extensionOf(
  { campaignId, offerId }: CompiledOffer,
  { byMs, vouchers }: Extract<CompiledTier['benefit'], { kind: 'extend' }>,
  { subject: { event, fields }, identity: { customer }, decision }: Case,
): ExtendOp | undefined {
  const voucherId = fields.name('voucherId');
  if (voucherId === undefined || customer === undefined) return undefined;
  if (decision.verdict !== 'allow') return undefined;
  const id = `${campaignId}.${offerId}.${customer.scope}.${voucherId}`;
  const { occurredAtMs } = event;
  return { kind: 'extend', id, customerId: customer.id, voucherId, vouchers, byMs, occurredAtMs };
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
