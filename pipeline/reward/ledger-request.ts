/** What goes to the ledger's script and comes back from it, as text. */

import type { Grant } from './grant.ts';
import {
  accountPart,
  BUDGET,
  PAYABLE,
  type CaptureOp,
  type Choice,
  type Leg,
  type LedgerOp,
  type RefundOp,
  type ReserveOp,
  type SettleOp,
  type ValueLeg,
} from './ledger-op.ts';
import { awardOf, decodeGrant, identityOf, standingOf, termsOf } from './record.ts';

/** The accounts of one call, each named once; operations speak of them by number, from 1. */
class AccountTable {
  readonly list: (readonly [name: string, limit: number])[] = [];
  readonly #numbers = new Map<string, number>();

  number(account: string, limit: number | undefined): number {
    const most = limit ?? -1;
    const key = `${account} ${most}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.list.push([account, most]);
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** Operations as the script takes them, with what is needed to read its answer. */
export interface LedgerRequest {
  readonly ops: readonly LedgerOp[];
  /** The argument of lua/apply-12.lua. */
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
      expected.push(`\n${identity}\n${terms}\n${awardOf(op.choices[0]!)}`);
      return encodeReserve(op, identity, terms, accounts);
    }
    expected.push('');
    return encodeOther(op);
  });
  return { ops, text: JSON.stringify({ accounts: accounts.list, ops: encoded }), expected };
}

function encodeOther(op: Exclude<LedgerOp, ReserveOp>): unknown {
  switch (op.kind) {
    case 'refund':
      return encodeRefund(op);
    case 'settle':
      return encodeSettle(op);
    case 'capture':
      return encodeCapture(op);
    case 'cancel':
      return {
        kind: op.kind,
        id: op.id,
        authorisation: op.authorisationId,
        eventTime: op.occurredAtMs,
      };
    case 'claim':
      return { ...encodeWish(op, op.customerId), grant: op.grantId };
    case 'choose':
      return { ...encodeWish(op, op.customerId), grant: op.grantId, option: op.option };
    case 'redeem':
      return {
        ...encodeWish(op, op.customerId, op.amountMinor),
        voucher: op.voucherId,
        amount: op.amountMinor,
      };
    case 'extend':
      return { ...encodeWish(op, ''), voucher: op.voucherId, byMs: op.byMs };
  }
}

function encodeReserve(
  op: ReserveOp,
  identity: string,
  terms: string,
  accounts: AccountTable,
): unknown {
  const number = (leg: Leg): number => accounts.number(leg.account, leg.limit);
  const quotas: number[] = [];
  const counted: number[] = [];
  for (const quota of op.quotas) {
    if (quota.countedBy === undefined) quotas.push(number(quota));
    else counted.push(accounts.number(quota.countedBy, undefined), number(quota));
  }
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
    rules: rulesOf(op),
    choices: op.choices.map((choice) => {
      const { money, contra, values } = movesOf(choice);
      // Named here too, so that their balances are read together with all others.
      for (const { account } of values) accounts.number(account, undefined);
      return [
        choice.tier,
        choice.amountMinor,
        awardOf(choice),
        choice.units.map(number),
        money.map(number),
        contra.map(number),
        ...(values.length > 0 ? [values.map(encodeValue)] : []),
      ];
    }),
    limits: op.limits.map(number),
    quotas: unlessEmpty(quotas),
    counted: unlessEmpty(counted),
    unless: unlessEmpty(op.unless.map((account) => accounts.number(account, undefined))),
    rivals: unlessEmpty(op.rivals),
    holdMs: op.hold?.timeoutMs,
    onTimeout: op.hold?.onTimeout,
    ifAbsent: op.ifAbsent,
  };
}

interface Moves {
  readonly money: ValueLeg[];
  readonly contra: ValueLeg[];
  readonly values: ValueLeg[];
}

/** @throws Error when a budget line moves by anything but the amount: it could not be taken back in proportion. */
function movesOf(choice: Choice): Moves {
  const moves: Moves = { money: [], contra: [], values: [] };
  for (const leg of choice.values) {
    const isBudget = leg.account.startsWith(BUDGET);
    if (!isBudget && !leg.account.startsWith(PAYABLE)) {
      moves.values.push(leg);
      continue;
    }
    if (leg.by !== (isBudget ? choice.amountMinor : -choice.amountMinor)) {
      throw new Error(`${leg.account} moves by ${leg.by}, not by the amount of its choice`);
    }
    (isBudget ? moves.money : moves.contra).push(leg);
  }
  return moves;
}

function encodeValue({ account, by, limit, floor }: ValueLeg): unknown {
  return [account, by, limit ?? -1, floor ?? 0];
}

/** Most lists are empty, and an empty list costs the script as much as another. */
function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** What may still happen to the grant, as later operations read it, when that is out of the ordinary. */
function rulesOf({ next, reviewHold, onRefund }: ReserveOp): string | undefined {
  if (
    next === undefined &&
    reviewHold === undefined &&
    onRefund.quota === 'keep' &&
    onRefund.keepAtLeastMinor === 0
  ) {
    return undefined;
  }
  return JSON.stringify({
    keep: onRefund.keepAtLeastMinor,
    restore: onRefund.quota === 'restore' ? true : undefined,
    review: reviewHold && [reviewHold.timeoutMs, reviewHold.onTimeout],
    next: next?.kind,
    untilMs: next?.untilMs,
    options: next?.kind === 'choice' ? next.options.map(encodeOption) : undefined,
  });
}

function encodeOption(option: Choice): unknown {
  const { money, contra, values } = movesOf(option);
  return [
    option.label,
    option.tier,
    option.amountMinor,
    awardOf(option),
    option.units.map(({ account, limit }) => [account, limit ?? -1]),
    money.map(({ account }) => account),
    contra.map(({ account }) => account),
    values.map(encodeValue),
  ];
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
    event: 'eventId' in op ? op.eventId : undefined,
    part: 'eventId' in op ? accountPart(op.eventId) : undefined,
    grant: 'grantId' in op ? op.grantId : undefined,
    to: op.to,
    reason: op.reason,
    at: op.occurredAtMs,
  };
}

function encodeCapture(op: CaptureOp): unknown {
  return {
    kind: op.kind,
    id: op.id,
    part: accountPart(op.id),
    authorisation: op.authorisationId,
    amount: op.amountMinor,
    intent: op.intent,
    reason: op.reason,
    eventTime: op.occurredAtMs,
  };
}

/** A customer's wish; refused, it is kept as a record of its own. */
function encodeWish(
  op: { readonly kind: string; readonly id: string; readonly occurredAtMs: number },
  customerId: string,
  amountMinor = 0,
): Readonly<Record<string, unknown>> {
  const [accountId, cardId, campaignId, offerId] = ['', '', '', ''];
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
    label: op.choices[0]!.label,
    award: op.choices[0]!.award,
    ...standingOf(head.slice(0, head.length - expected.length)),
  };
}
