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

/** @returns the argument of lua/apply-11.lua for some operations. */
export function encodeRequest(ops: readonly LedgerOp[]): string {
  const accounts = new AccountTable();
  const encoded = ops.map((op) => {
    if (op.kind === 'reserve') return encodeReserve(op, accounts);
    return op.kind === 'refund' ? encodeRefund(op) : encodeSettle(op);
  });
  return JSON.stringify({ accounts: accounts.list, ops: encoded });
}

function encodeReserve(op: ReserveOp, accounts: AccountTable): unknown {
  const number = (leg: Leg): number => accounts.number(leg);
  return {
    kind: op.kind,
    id: op.grantId,
    identity: identityOf(op),
    terms: termsOf(op),
    event: op.eventId,
    part: accountPart(op.eventId),
    payment: op.paymentMinor,
    eventTime: op.occurredAtMs,
    intent: op.intent,
    reason: op.reason,
    choices: op.choices.map(({ tier, amountMinor, quota }) => [
      tier,
      amountMinor,
      quota === undefined ? 0 : number(quota),
    ]),
    limits: op.limits.map(number),
    quotas: op.quotas.map(number),
    budgets: op.budgets.map(number),
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
    terms: termsOf({ budgetLine: '', configVersion: op.configVersion }),
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
    event: op.eventId,
    part: accountPart(op.eventId),
    to: op.to,
    reason: op.reason,
    at: op.occurredAtMs,
  };
}

/** @param answer ids and heads of records in turn, as the script returns them for `op`. */
export function decodeAnswer(op: LedgerOp, answer: readonly string[]): Grant[] {
  const grants: Grant[] = [];
  for (let i = 0; i < answer.length; i += 2) {
    const id = answer[i]!;
    const head = answer[i + 1]!;
    const expected =
      op.kind === 'reserve' && id === op.grantId ? `\n${identityOf(op)}\n${termsOf(op)}` : '';
    // Nearly every answer is about the very operation that was sent: its facts are at hand, unparsed.
    grants.push(
      op.kind === 'reserve' && expected !== '' && head.endsWith(expected)
        ? ownGrant(op, head.slice(0, head.length - expected.length))
        : decodeGrant(id, head),
    );
  }
  return grants;
}

function ownGrant(op: ReserveOp, standing: string): Grant {
  return {
    id: op.grantId,
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
    ...standingOf(standing),
  };
}
