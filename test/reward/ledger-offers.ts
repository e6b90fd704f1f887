/** Reservations of every kind that a campaign can ask for, for the tests of the ledger. */

import type { AwardItem } from '../../pipeline/reward/grant.ts';
import type { CancelOp, CaptureOp, Choice, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import type { ChooseOp, ClaimOp, ExtendOp, RedeemOp } from '../../pipeline/reward/wish-op.ts';
import { FRIDAY_NOON_MS, money, offer, ops, type Facts, type Offer } from './ledger-scenario.ts';

export const DAY_MS = 86_400_000;
export const GENEROUS = offer();

type Given = Partial<ReserveOp> & { readonly of?: Offer };

/** The reservation of a payment of 300.00 under terms of one's own. */
export function reserve(facts: Facts, { of = GENEROUS, ...given }: Given = {}): ReserveOp {
  return { ...ops(of, facts)[0]!, ...given };
}

export function points(customerId: string): string {
  return `points/${customerId}`;
}

/** Points given, or with a negative number spent. */
export function pointsChoice(count: number, customerId = 'customer-1', costMinor = 0): Choice {
  return {
    ...money(GENEROUS, costMinor, customerId),
    values: [
      ...(costMinor === 0 ? [] : money(GENEROUS, costMinor, customerId).values),
      { account: points(customerId), by: count, limit: undefined },
      { account: 'points-issued/bills', by: -count, limit: undefined },
    ],
    award: [{ kind: 'points', points: count }],
  };
}

/** Vouchers of the given faces that run for ten days; each costs its face unless said otherwise. */
export function voucherChoice(
  faces: readonly number[],
  customerId = 'customer-1',
  costMinor = faces.reduce((sum, face) => sum + face, 0),
): Choice {
  return {
    ...money(GENEROUS, costMinor, customerId),
    award: faces.map((faceMinor): AwardItem => ({
      kind: 'voucher',
      voucher: 'mall',
      faceMinor,
      minSpendMinor: 2000,
      expiresAtMs: FRIDAY_NOON_MS + 10 * DAY_MS,
      scope: ['shop-1'],
    })),
  };
}

/** A prize of which there is so much. */
export function goodsChoice(sku: string, units: number, costMinor = 3000): Choice {
  return {
    ...money(GENEROUS, costMinor),
    label: sku,
    units: [{ account: `stock/bills/${sku}`, limit: units }],
    award: [{ kind: 'goods', sku }],
  };
}

export const NOTHING_WON: Choice = {
  tier: 0,
  label: 'none',
  amountMinor: 0,
  units: [],
  values: [],
  award: [],
};

interface Wish {
  readonly id: string;
  readonly customerId?: string;
  readonly occurredAtMs?: number;
}

interface Answer extends Wish {
  readonly intent?: ClaimOp['intent'];
}

const SOMEBODY = { customerId: 'customer-1', occurredAtMs: FRIDAY_NOON_MS };

export function claim(grantId: string, answer: Answer): ClaimOp {
  return { kind: 'claim', grantId, intent: 'posted', ...SOMEBODY, ...answer };
}

export function choose(grantId: string, option: string, answer: Answer): ChooseOp {
  return { kind: 'choose', grantId, option, intent: 'posted', ...SOMEBODY, ...answer };
}

export function redeem(voucherId: string, amountMinor: number, wish: Wish): RedeemOp {
  const where = { places: ['shop-1'], campaigns: {} };
  return { kind: 'redeem', voucherId, amountMinor, ...where, ...SOMEBODY, ...wish };
}

export function extend(voucherId: string, byMs: number, id: string): ExtendOp {
  return { kind: 'extend', voucherId, byMs, id, occurredAtMs: FRIDAY_NOON_MS };
}

/** An authorisation: its grant waits for the payment. */
export function authorise(facts: Facts, given: Given = {}): ReserveOp {
  return reserve(facts, {
    intent: 'held',
    reason: 'awaiting_payment',
    hold: { timeoutMs: DAY_MS, onTimeout: 'void' },
    ...given,
  });
}

/** The authorisation came to nothing. */
export function cancel(id: string, authorisationId: string, accountId = 'account-1'): CancelOp {
  const occurredAtMs = FRIDAY_NOON_MS;
  return { kind: 'cancel', id, authorisationId, accountId, customerId: '', occurredAtMs };
}

export function capture(
  id: string,
  authorisationId: string,
  amountMinor = 30_000,
  given: Partial<CaptureOp> = {},
): CaptureOp {
  return {
    ...{ kind: 'capture', accountId: 'account-1', customerId: 'customer-1' },
    id,
    authorisationId,
    amountMinor,
    intent: 'posted',
    reason: 'granted',
    occurredAtMs: FRIDAY_NOON_MS,
    ...given,
  };
}
