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
import { awardOf, identityOf, termsOf } from './record.ts';

/** The accounts of one call, each named once; operations speak of them by number, from 1. */
export class AccountTable {
  readonly list: (readonly [name: string, limit: number])[] = [];
  readonly #numbers = new Map<string, number>();

  number(account: string, limit: number | undefined): number {
    const most = limit ?? -1;
    const known = this.#numbers.get(account);
    if (known !== undefined && this.list[known - 1]![1] === most) return known;
    // Under two limits an account is named twice, and the newer one is found from then on.
    const number = this.list.push([account, most]);
    this.#numbers.set(account, number);
    return number;
  }
}

/** @throws Error when a budget line moves by anything but the amount: it could not be taken back in proportion. */
export function encodeReserve(op: ReserveOp, accounts: AccountTable): unknown {
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
    identity: identityOf(op),
    terms: termsOf(op),
    event: op.eventId,
    part: partOf(op.eventId),
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
    needs: op.needs,
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

/** Undefined when it is the id itself, as nearly always. */
function partOf(eventId: string): string | undefined {
  const part = accountPart(eventId);
  return part === eventId ? undefined : part;
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
