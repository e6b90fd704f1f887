/** Several operations on one reward that would rarely come one after the other by chance. */

import fc from 'fast-check';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { choose, redeem } from './ledger-offers.ts';
import {
  customerOf,
  grantOf,
  madeGood,
  paymentOps,
  proofOps,
  renewedExchange,
  timeOf,
} from './ledger-payments.ts';
import { label, refund, type Verdict } from './ledger-scenario.ts';

/** What was chosen or given is used, and part of its payment goes back, in any order. */
export const used = fc
  .record({ n: fc.constantFrom(0, 4, 8, 12), option: fc.constantFrom('cup', 'voucher') })
  .chain(({ n, option }) => {
    const [customerId, occurredAtMs] = [customerOf(n), timeOf(n)];
    const voucherId = `${grantOf(n)}.1`;
    const rest: readonly LedgerOp[] = [
      choose(grantOf(n), option, { id: `pick-${n}-${option}`, customerId, occurredAtMs }),
      redeem(voucherId, 2000, { id: `spend-${voucherId}`, customerId, occurredAtMs }),
      ...refund(`r${n}-4000`, `p/${n}`, 4000),
    ];
    return fc
      .shuffledSubarray([...rest], { minLength: 2 })
      .map((some) => [...paymentOps(n, 'allow'), ...some]);
  });

/** Points that are earned are spent, in review, and part of what was paid beside them goes back before the word on it. */
export const spent = fc
  .constantFrom(3, 11)
  .map((n): readonly LedgerOp[] => [
    ...paymentOps(n - 1, 'allow'),
    ...paymentOps(n, 'review'),
    ...refund(`r${n}-4000`, `p/${n}`, 4000),
    ...label(`p/${n}`, 'false_positive', 4),
  ]);

/** What was given for a proof is taken for abuse, and given after all if the lines still bear it, beside refunds of the payment. */
export const keptBack = fc
  .record({ n: fc.constantFrom(7, 15), back: fc.boolean() })
  .map(({ n, back }): readonly LedgerOp[] => [
    ...proofOps(n, 'review'),
    ...label(`x/${n}`, 'confirmed', 1),
    ...(back ? refund(`r${n}-4000`, `p/${n}`, 4000) : paymentOps(n, 'allow')),
    ...madeGood(n, `word-x${n}`, 4, true),
    ...(back ? paymentOps(n, 'allow') : refund(`r${n}-4000`, `p/${n}`, 4000)),
  ]);

/** An exchange that is given after all, and a share of what it spends. */
export const renewed = fc
  .tuple(
    fc.constantFrom(3, 11),
    fc.constantFrom<Verdict>('allow', 'block'),
    fc.constantFrom('any', 'base_missing', 'itself'),
  )
  .map((drawn) => renewedExchange(...drawn));

/** An authorisation passes its review while its payment is waited for. */
export const passed = fc
  .constantFrom(1, 9)
  .map((n): readonly LedgerOp[] => [
    ...paymentOps(n, 'review'),
    ...label(`a/${n}`, 'false_positive', 4),
  ]);
