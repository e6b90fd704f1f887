/**
 * What an event earns: pure, and in order of cost. Types, times and amounts are compared before any text
 * of the event is read, so that an event that earns nothing costs a few comparisons.
 */

import type { Label } from '../decide/account-action.ts';
import { eventIdOf, type Decision } from '../decide/decision.ts';
import type { Event, EventType } from '../event.ts';
import type { CompiledCampaigns, CompiledOffer } from './campaign.ts';
import type { CustomerFacts } from './customer-facts.ts';
import { obstacleTo } from './eligibility.ts';
import { ACTING_TYPES, operationOf, refundOf, refusalOf } from './event-ops.ts';
import type { IneligibleReason } from './grant.ts';
import { Identity } from './identity.ts';
import type { LedgerOp } from './ledger-op.ts';
import { offerOp, rejectionOf, type Case } from './reservation.ts';

const NOTHING: readonly LedgerOp[] = [];

/** Events by which a customer asks for one offer, in `attributes.offerId`: each is told why it earned nothing. */
const NAMING_TYPES: ReadonlySet<EventType> = new Set<EventType>([
  'redemption.requested',
  'voucher.claimed',
]);

/**
 * The ledger operations of one event, in order. A payment allowed is posted, under review held, and when it
 * is blocked the grant it would have earned is recorded as voided.
 * @param facts what was known of the customer before the event.
 * @param counting whether the reasons are counted of offers that come to nothing; what is only asked is not.
 */
export function evaluate(
  campaigns: CompiledCampaigns,
  event: Event,
  decision: Decision,
  facts: CustomerFacts,
  configVersion: string,
  counting = true,
): readonly LedgerOp[] {
  const { type } = event;
  if (type === 'refund') return [refundOf(event, configVersion, campaigns.terms)];
  const offers = campaigns.offersOn.get(type);
  const acts = ACTING_TYPES.has(type);
  const names = NAMING_TYPES.has(type);
  if (offers === undefined && !acts && !names) return NOTHING;
  const { subject } = campaigns;
  subject.bind(event, facts);
  const identity = new Identity(subject, campaigns.isPlaceholder);
  const first = acts ? operationOf(subject, identity, decision, campaigns) : undefined;
  const ops: LedgerOp[] = first === undefined ? [] : [first];
  const authorisationId = first?.kind === 'capture' ? first.authorisationId : undefined;
  const current = caseOf(event, { subject, identity, decision, configVersion, authorisationId });
  const named = names ? subject.fields.name('offerId') : undefined;
  let known = false;
  for (const offer of offers ?? []) {
    const op = opOrReason(offer, current);
    if (typeof op !== 'string') {
      const closed = offer.closedBy.some((id) => isAmong(ops, offer.campaignId, id));
      ops.push(closed && op.kind === 'reserve' ? { ...op, ...EXCLUDED } : op);
      continue;
    }
    if (counting) offer.terms.ineligible.count(op);
    if (offer.offerId === named && isAsked(offer, type)) ops.push(rejectionOf(offer, current, op));
  }
  if (!names) return ops;
  for (const offer of offers ?? []) known ||= offer.offerId === named && isAsked(offer, type);
  if (!known) ops.push(refusalOf(event, identity, whyUnknown(campaigns, named)));
  return ops;
}

/** Why an offer that is in force earns an event nothing, before the ledger is asked. */
export interface Ineligible {
  readonly campaignId: string;
  readonly offerId: string;
  readonly reason: IneligibleReason;
}

/** Every offer in force that an event earns nothing of, with the first reason that stands in its way. */
export function whyNot(
  campaigns: CompiledCampaigns,
  event: Event,
  decision: Decision,
  facts: CustomerFacts,
): Ineligible[] {
  const { subject, isPlaceholder, open } = campaigns;
  subject.bind(event, facts);
  const identity = new Identity(subject, isPlaceholder);
  const authorisationId = undefined;
  const current = caseOf(event, {
    ...{ subject, identity, decision, configVersion: '', authorisationId },
  });
  return open.flatMap(({ offer, types }) => {
    const reason = types.has(event.type) ? opOrReason(offer, current) : 'other_event';
    const { campaignId, offerId } = offer;
    return typeof reason === 'string' ? [{ campaignId, offerId, reason }] : [];
  });
}

/** @param of with the authorisation that the event concludes; the event may be one itself. */
function caseOf(event: Event, of: Omit<Case, 'paymentMinor'>): Case {
  const authorisationId =
    event.type === 'payment.authorising' ? of.subject.fields.id : of.authorisationId;
  return { ...of, paymentMinor: event.amountMinor ?? 0, authorisationId };
}

const EXCLUDED = { intent: 'rejected', reason: 'excluded' } as const;

/** Whether the event qualified for an offer that comes before. */
function isAmong(ops: readonly LedgerOp[], campaignId: string, offerId: string): boolean {
  return ops.some(
    (op) => op.kind === 'reserve' && op.campaignId === campaignId && op.offerId === offerId,
  );
}

function opOrReason(offer: CompiledOffer, current: Case): ReturnType<typeof offerOp> {
  return obstacleTo(offer, current.subject, current.paymentMinor) ?? offerOp(offer, current);
}

/** Whether an event of this type has to name the offer to get it. */
function isAsked(offer: CompiledOffer, type: EventType): boolean {
  return offer.exchange || type === 'voucher.claimed';
}

function whyUnknown({ resting }: CompiledCampaigns, named: string | undefined): IneligibleReason {
  if (named === undefined) return 'offer_not_named';
  return resting.has(named) ? 'offer_not_open' : 'offer_not_found';
}

/**
 * What an analyst's word on a decision means for the rewards that wait for it.
 * @param toldAtMs when it was told, if that is another time than the label's.
 */
export function settle(label: Label, toldAtMs?: number): readonly LedgerOp[] {
  const confirmed = label.label === 'confirmed';
  return [
    {
      kind: 'settle',
      id: `label_${label.decisionId}_${label.label}`,
      eventId: eventIdOf(label.decisionId),
      to: confirmed ? 'voided' : 'posted',
      reason: confirmed ? 'review_confirmed' : 'released',
      occurredAtMs: label.labelledAtMs,
      ...(toldAtMs !== undefined && { toldAtMs }),
    },
  ];
}
