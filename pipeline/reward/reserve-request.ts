/** A reservation as the ledger's script takes it (lua/reserve.lua). */

import {
  accountPart,
  BUDGET,
  PAYABLE,
  type Choice,
  type Leg,
  type ReserveOp,
  type ValueLeg,
} from './ledger-op.ts';
import type { GrantReason } from './grant.ts';
import { awardOf, identityOf, termsOf } from './record.ts';

/** What the operations of one call share: accounts and texts, of which they speak by number, from 1. */
export class SharedParts {
  readonly accounts: string[] = [];
  /** Of each account; −1: none. */
  readonly limits: number[] = [];
  /** Records to be, as arguments of their own: inside the JSON every quote of theirs would be escaped. */
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  account(name: string, limit: number | undefined): number {
    const most = limit ?? -1;
    const known = this.#numbers.get(name);
    if (known !== undefined && this.limits[known - 1] === most) return known;
    // Under two limits an account is named twice, and the newer one is found from then on.
    const number = this.accounts.push(name);
    this.limits.push(most);
    this.#numbers.set(name, number);
    return number;
  }
}

/** @throws Error when a budget line moves by anything but the amount: it could not be taken back in proportion. */
export function encodeReserve(op: ReserveOp, shared: SharedParts): unknown {
  const number = (leg: Leg): number => shared.account(leg.account, leg.limit);
  const quotas: number[] = [];
  const counted: number[] = [];
  for (const quota of op.quotas) {
    if (quota.countedBy === undefined) quotas.push(number(quota));
    else counted.push(shared.account(quota.countedBy, undefined), number(quota));
  }
  const facts = factsOf(op);
  const moves = op.choices.map(movesOf);
  // Named too, so that their balances are read together with all others.
  for (const { values } of moves)
    for (const { account } of values) shared.account(account, undefined);
  return {
    kind: op.kind,
    id: op.grantId,
    event: op.eventId,
    proven: op.provenPaymentId,
    payment: op.paymentMinor,
    eventTime: op.occurredAtMs,
    intent: op.intent,
    reason: op.reason,
    plain: isPlain(op, moves) ? true : undefined,
    choices: op.choices.map((choice, index) => {
      const { money, contra } = moves[index]!;
      return [
        choice.tier,
        choice.amountMinor,
        shared.texts.push(recordOf(op, choice, facts, moves[index]!)),
        choice.units.length,
        money.length,
        contra.length,
        ...choice.units.map(number),
        ...money.map(number),
        ...contra.map(number),
      ];
    }),
    values: moves.some(({ values }) => values.length > 0)
      ? moves.map(({ values }) => values.map(encodeValue))
      : undefined,
    rights: unlessEmpty(op.limits.map(number)),
    quotas: unlessEmpty(quotas),
    counted: unlessEmpty(counted),
    unless: unlessEmpty(op.unless.map((account) => shared.account(account, undefined))),
    rivals: unlessEmpty(op.rivals),
    needs: op.needs,
    ...(op.intent === 'held' && {
      holdMs: op.hold?.timeoutMs,
      onTimeout: op.hold?.onTimeout,
    }),
    draw: op.detail === '' ? undefined : true,
    ifAbsent: op.ifAbsent,
    anew: op.anew?.wordId,
    anewAt: op.anew?.atMs,
    along: op.anew?.along,
  };
}

/** Whether the grant is given at once, is done with then, and moves nothing by a value of its own. */
function isPlain(op: ReserveOp, moves: readonly Moves[]): boolean {
  return (
    op.intent === 'posted' &&
    op.provenPaymentId === undefined &&
    op.next === undefined &&
    op.quotas.every(({ countedBy }) => countedBy === undefined) &&
    moves.every(({ values }) => values.length === 0) &&
    op.choices.every(
      ({ award }) => award.length > 0 && award.every(({ kind }) => kind !== 'voucher'),
    )
  );
}

interface Moves {
  readonly money: ValueLeg[];
  readonly contra: ValueLeg[];
  readonly values: ValueLeg[];
}

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

/** What the record says of every choice alike. */
interface Facts {
  readonly head: string;
  readonly part: string;
}

function factsOf(op: ReserveOp): Facts {
  return {
    head: `${op.paymentMinor} 0\n${identityOf(op)}\n${termsOf(op)}`,
    part: accountPart(op.provenPaymentId ?? op.eventId),
  };
}

/** The record of a grant by this choice from its payment's amount on, as lua/records.lua has it. */
function recordOf(op: ReserveOp, choice: Choice, facts: Facts, moves: Moves): string {
  const units = [...op.limits, ...op.quotas.filter(isQuotaOfUnits), ...choice.units];
  const counted = op.quotas.flatMap(({ account, countedBy }) =>
    countedBy === undefined ? [] : [countedBy, account],
  );
  const values = moves.values.map(({ account, by }) => `${account} ${by} 0`);
  return (
    `${facts.head}\n${awardOf(choice)}\n${facts.part} - 0 -\n${rulesOf(op, choice)}\n` +
    `${namesOf(units)}\n${counted.join(' ')}\n${namesOf(moves.money)}\n${namesOf(moves.contra)}\n` +
    values.join(' ')
  );
}

function isQuotaOfUnits({ countedBy }: ReserveOp['quotas'][number]): boolean {
  return countedBy === undefined;
}

function namesOf(legs: readonly { readonly account: string }[]): string {
  return legs.map(({ account }) => account).join(' ');
}

/** Reasons of what is reserved at an authorisation. */
const AWAITS_PAYMENT: ReadonlySet<GrantReason> = new Set<GrantReason>([
  'awaiting_payment',
  'awaiting_payment_and_review',
]);

/** What may still happen to the grant, as later operations read it; '' when that is the ordinary. */
function rulesOf(op: ReserveOp, choice: Choice): string {
  const { next, reviewHold, onRefund, needs, provenPaymentId } = op;
  const { keepAtLeastMinor: keep = onRefund.keepAtLeastMinor, reprice } = choice;
  const awaitsPayment = AWAITS_PAYMENT.has(op.reason);
  if (
    !awaitsPayment &&
    next === undefined &&
    reviewHold === undefined &&
    needs === undefined &&
    provenPaymentId === undefined &&
    reprice === undefined &&
    onRefund.quota === 'keep' &&
    onRefund.right !== 'restore' &&
    keep === 0
  ) {
    return '';
  }
  return JSON.stringify({
    keep,
    reprice,
    needs,
    proven: provenPaymentId === undefined ? undefined : true,
    restore: onRefund.quota === 'restore' ? true : undefined,
    right: onRefund.right === 'restore' ? true : undefined,
    review: reviewHold && [reviewHold.timeoutMs, reviewHold.onTimeout],
    next: next?.kind,
    untilMs: next?.untilMs,
    options: next?.kind === 'choice' ? next.options.map(encodeOption) : undefined,
    ...(awaitsPayment && roomOf(op, choice)),
  });
}

/** What an authorisation that runs out is asked again when a payment was in time: the limits of what it gave back, and who is closed out. */
function roomOf({ limits, quotas, unless }: ReserveOp, { units }: Choice): object {
  const own = [...limits, ...quotas.filter(isQuotaOfUnits), ...units];
  const counted = quotas.flatMap(({ account, limit, countedBy }) =>
    countedBy === undefined ? [] : [[countedBy, account, limit ?? -1]],
  );
  return {
    room: own.map(({ account, limit }) => [account, limit ?? -1]),
    ...(counted.length > 0 && { counted }),
    ...(unless.length > 0 && { unless }),
  };
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
