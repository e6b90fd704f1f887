/** What goes to the ledger's script and comes back from it, as text. */

import type { Grant } from './grant.ts';
import {
  accountPart,
  type CaptureOp,
  type Leg,
  type LedgerOp,
  type RefundOp,
  type ReserveOp,
  type SettleOp,
} from './ledger-op.ts';
import type { ChooseOp, ClaimOp } from './wish-op.ts';
import { decodeGrant, hasHeard, identityOf, standingOf, termsOf } from './record.ts';
import { encodeReserve, SharedParts } from './reserve-request.ts';

/** Operations as the script takes them, with what is needed to read its answer. */
export interface LedgerRequest {
  readonly ops: readonly LedgerOp[];
  /** The first argument of lua/apply-12.lua. */
  readonly text: string;
  /** Its arguments from the fifth on. */
  readonly records: readonly string[];
}

export function encodeRequest(ops: readonly LedgerOp[]): LedgerRequest {
  const shared = new SharedParts();
  const encoded = ops.map((op) =>
    op.kind === 'reserve' ? encodeReserve(op, shared) : encodeOther(op, shared),
  );
  const { accounts, limits, texts } = shared;
  return { ops, text: JSON.stringify({ accounts, limits, ops: encoded }), records: texts };
}

function encodeOther(op: Exclude<LedgerOp, ReserveOp>, shared: SharedParts): unknown {
  switch (op.kind) {
    case 'refund':
      return encodeRefund(op);
    case 'settle':
      return encodeSettle(op);
    case 'capture':
      return encodeCapture(op, shared);
    case 'advance':
      return { kind: op.kind, eventTime: op.occurredAtMs };
    case 'cancel':
      return {
        ...encodeWish(op, op.customerId, 0, op.accountId),
        account: op.accountId,
        authorisation: op.authorisationId,
      };
    case 'claim':
      return encodeAnswer(op, shared);
    case 'choose':
      return { ...encodeAnswer(op, shared), option: op.option };
    case 'redeem':
      return {
        ...encodeWish(op, op.customerId, op.amountMinor),
        voucher: op.voucherId,
        amount: op.amountMinor,
        places: op.places,
        campaigns: op.campaigns,
        ...encodeRoom(op.room, shared),
      };
    case 'refuse':
      return { ...encodeWish(op, op.customerId, 0, op.accountId), reason: op.reason };
    case 'extend':
      return {
        ...encodeWish(op, op.customerId ?? ''),
        voucher: op.voucherId,
        byMs: op.byMs,
        ...(op.vouchers && { names: op.vouchers }),
      };
  }
}

function encodeRefund(op: RefundOp): unknown {
  const facts = {
    ...op,
    campaignId: '',
    offerId: '',
    eventId: op.refundId,
    paymentMinor: op.refundMinor,
  };
  return {
    kind: op.kind,
    id: op.refundId,
    identity: identityOf(facts),
    terms: termsOf({
      budgetLine: '',
      configVersion: op.configVersion,
      beneficiaryId: '',
      // It has to be known still when its payment comes.
      detail: op.foreignTo === undefined ? '' : JSON.stringify(op.foreignTo),
    }),
    payment: op.paymentId,
    part: accountPart(op.paymentId),
    amount: op.refundMinor,
    eventTime: op.occurredAtMs,
  };
}

/** A command's time is no event time: it never ends a hold. */
function encodeSettle(op: SettleOp): unknown {
  return {
    kind: op.kind,
    id: op.id,
    event: 'eventId' in op ? op.eventId : undefined,
    part: 'eventId' in op ? accountPart(op.eventId) : undefined,
    grant: 'grantId' in op ? op.grantId : undefined,
    to: op.to,
    reason: op.reason,
    at: op.occurredAtMs,
    told: op.toldAtMs,
  };
}

function encodeCapture(op: CaptureOp, shared: SharedParts): unknown {
  return {
    ...encodeWish(op, op.customerId, op.amountMinor, op.accountId),
    account: op.accountId,
    authorisation: op.authorisationId,
    amount: op.amountMinor,
    intent: op.intent,
    reason: op.reason,
    ...encodeRoom(op.room, shared),
  };
}

/** Accounts by their numbers; their limits stand beside them. */
function encodeRoom(
  room: readonly Leg[] = [],
  shared: SharedParts,
): { readonly room?: readonly number[] } {
  if (room.length === 0) return {};
  return { room: room.map(({ account, limit }) => shared.account(account, limit)) };
}

function encodeAnswer(
  op: ClaimOp | ChooseOp,
  shared: SharedParts,
): Readonly<Record<string, unknown>> {
  const { grantId, intent } = op;
  return {
    ...encodeWish(op, op.customerId),
    grant: grantId,
    intent,
    ...encodeRoom(op.room, shared),
  };
}

/** A customer's wish; refused, it is kept as a record of its own. */
function encodeWish(
  op: { readonly kind: string; readonly id: string; readonly occurredAtMs: number },
  customerId: string,
  amountMinor = 0,
  accountId = '',
): Readonly<Record<string, unknown>> {
  const [cardId, campaignId, offerId] = ['', '', ''];
  const { kind, id, occurredAtMs } = op;
  const facts = { campaignId, offerId, eventId: id, accountId, customerId, cardId };
  const noTerms = { budgetLine: '', configVersion: '', beneficiaryId: '', detail: '' };
  return {
    kind,
    id,
    part: accountPart(id),
    identity: identityOf({ ...facts, paymentMinor: amountMinor, occurredAtMs }),
    terms: termsOf(noTerms),
    customer: customerId,
    eventTime: occurredAtMs,
  };
}

/** Ids and heads of records in turn; or of a reservation's own grant the standing alone. */
export type LedgerAnswer = string | readonly string[];

/**
 * @param answers one for each operation, as the script returns them.
 * @returns for each operation the grants it touched.
 */
export function decodeAnswers(request: LedgerRequest, answers: readonly LedgerAnswer[]): Grant[][] {
  return request.ops.map((op, index) => {
    const answer = answers[index]!;
    if (typeof answer === 'string') return [decodeAnswer(op, (op as ReserveOp).grantId, answer)];
    const grants: Grant[] = [];
    for (let i = 0; i < answer.length; i += 2) {
      grants.push(decodeAnswer(op, answer[i]!, answer[i + 1]!));
    }
    return grants;
  });
}

/** Nearly every answer is about the very operation that was sent: its facts are at hand. */
function decodeAnswer(op: LedgerOp, id: string, head: string): Grant {
  if (op.kind === 'settle' && hasHeard(head, op.id, op.toldAtMs ?? op.occurredAtMs)) {
    return { ...decodeGrant(id, head), heard: true };
  }
  if (op.kind !== 'reserve' || head.includes('\n')) return decodeGrant(id, head);
  return {
    id,
    campaignId: op.campaignId,
    offerId: op.offerId,
    budgetLine: op.budgetLine,
    eventId: op.eventId,
    accountId: op.accountId,
    customerId: op.customerId,
    cardId: op.cardId,
    paymentMinor: op.paymentMinor,
    occurredAtMs: op.occurredAtMs,
    configVersion: op.configVersion,
    beneficiaryId: op.beneficiaryId,
    detail: op.detail,
    label: op.choices[0]!.label,
    award: op.choices[0]!.award,
    ...standingOf(head),
  };
}
