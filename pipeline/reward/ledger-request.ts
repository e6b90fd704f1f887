/** What goes to the ledger's script and comes back from it, as text. */

import type { Grant } from './grant.ts';
import {
  accountPart,
  type Leg,
  type LedgerOp,
  type RefundOp,
  type ReserveOp,
  type SettleOp,
} from './ledger-op.ts';
import { decodeGrant, identityOf, standingOf, termsOf } from './record.ts';

/** The accounts of one call, each named once; operations speak of them by number, from 1. */
class AccountTable {
  readonly list: (readonly [name: string, limit: number])[] = [];
  readonly #numbers = new Map<string, number>();

  number(leg: Leg): number {
    const limit = leg.limit ?? -1;
    const key = `${leg.account} ${limit}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.list.push([leg.account, limit]);
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** Operations as the script takes them, with what is needed to read its answer. */
export interface LedgerRequest {
  readonly ops: readonly LedgerOp[];
  /** The argument of lua/apply-11.lua. */
  readonly text: string;
  /** For a reservation the part of the record's head that never changes, '' for other operations. */
  readonly expected: readonly string[];
}

export function encodeRequest(ops: readonly LedgerOp[]): LedgerRequest {
  const accounts = new AccountTable();
  const expected: string[] = [];
  const encoded = ops.map((op) => {
    if (op.kind === 'reserve') {
      const [identity, terms] = [identityOf(op), termsOf(op)];
      expected.push(`\n${identity}\n${terms}`);
      return encodeReserve(op, identity, terms, accounts);
    }
    expected.push('');
    if (op.kind === 'refund') return encodeRefund(op);
    if (op.kind === 'settle') return encodeSettle(op);
    throw new Error(`the ledger does not know ${op.kind} yet`);
  });
  return { ops, text: JSON.stringify({ accounts: accounts.list, ops: encoded }), expected };
}

function encodeReserve(
  op: ReserveOp,
  identity: string,
  terms: string,
  accounts: AccountTable,
): unknown {
  const number = (leg: Leg): number => accounts.number(leg);
  return {
    kind: op.kind,
    id: op.grantId,
    identity,
    terms,
    event: op.eventId,
    part: accountPart(op.eventId),
    payment: op.paymentMinor,
    eventTime: op.occurredAtMs,
    intent: op.intent,
    reason: op.reason,
    choices: op.choices.map(({ tier, amountMinor, units }) => [
      tier,
      amountMinor,
      units[0] === undefined ? 0 : number(units[0]),
    ]),
    limits: op.limits.map(number),
    quotas: op.quotas.map(number),
    budgets: op.choices[0]!.values.filter(({ by }) => by > 0).map(number),
    holdMs: op.hold?.timeoutMs ?? 0,
    onTimeout: op.hold?.onTimeout ?? 'void',
  };
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
      detail: '',
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
    event: 'eventId' in op ? op.eventId : '',
    part: 'eventId' in op ? accountPart(op.eventId) : '',
    to: op.to,
    reason: op.reason,
    at: op.occurredAtMs,
  };
}

/**
 * @param answers for each operation ids and heads of records in turn, as the script returns them.
 * @returns for each operation the grants it touched.
 */
export function decodeAnswers(request: LedgerRequest, answers: readonly string[][]): Grant[][] {
  return request.ops.map((op, index) => {
    const answer = answers[index]!;
    const grants: Grant[] = [];
    for (let i = 0; i < answer.length; i += 2) {
      grants.push(decodeAnswer(op, request.expected[index]!, answer[i]!, answer[i + 1]!));
    }
    return grants;
  });
}

/** Nearly every answer is about the very operation that was sent: its facts are at hand, unparsed. */
function decodeAnswer(op: LedgerOp, expected: string, id: string, head: string): Grant {
  if (op.kind !== 'reserve' || id !== op.grantId || !head.endsWith(expected)) {
    return decodeGrant(id, head);
  }
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
    label: '',
    award: [],
    deadlineMs: 0,
    ...standingOf(head.slice(0, head.length - expected.length)),
  };
}
