/** The payments of the stories: what each asks of the ledger follows from its number. */

import type { CaptureOp, LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import {
  authorise,
  goodsChoice,
  NOTHING_WON,
  pointsChoice,
  reserve,
  voucherChoice,
} from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, money, offer, ops, type Verdict } from './ledger-scenario.ts';

export const HOUR_MS = 3_600_000;

const WORLD = offer({
  total: 4700,
  spend: 4600,
  tiers: [
    { atLeast: 10_000, off: 500, quota: 2 },
    { atLeast: 30_000, off: 1000, quota: 2 },
  ],
  onTierExhausted: 'next_lower',
  hold: { timeout: '2h', onTimeout: 'void' },
});

export const PAYMENTS = 16;
export const INTENTS: Record<Verdict, Pick<CaptureOp, 'intent' | 'reason'>> = {
  allow: { intent: 'posted', reason: 'granted' },
  review: { intent: 'held', reason: 'held_for_review' },
  block: { intent: 'voided', reason: 'risk_block' },
};

const AUTHORISED = { intent: 'held', reason: 'awaiting_payment' } as const;
export const customerOf = (n: number): string => `c${n % 5}`;
export const grantOf = (n: number): string => `g_${n % 8 === 1 ? 'a' : 'p'}%002f${n}`;
export const timeOf = (n: number): number => FRIDAY_NOON_MS + n * 1_200_000;

/** What a payment is follows from its number, so that the same id is the same body. */
export function paymentOps(n: number, verdict: Verdict): ReserveOp[] {
  const customerId = customerOf(n);
  const facts = { id: `p/${n}`, customerId, occurredAtMs: timeOf(n), category: `k${n % 2}` };
  const hold = { timeoutMs: 2 * HOUR_MS, onTimeout: 'manual_review' } as const;
  const given = { of: WORLD, hold, ...INTENTS[verdict] };
  const keepAtLeastMinor = n % 2 === 0 || n === 9 ? 20_000 : 0;
  const onRefund = {
    quota: n % 3 === 0 ? 'restore' : 'keep',
    right: n % 4 < 2 ? 'restore' : 'keep',
    keepAtLeastMinor,
  } as const;
  switch (n % 8) {
    case 0: {
      const choice = voucherChoice([700, 301], customerId);
      const own = priced(choice.amountMinor, customerId, choice.award);
      return [reserve(facts, { ...given, choices: [shortLived(own)], onRefund })];
    }
    case 1: {
      const doubted = verdict === 'review' && { reason: 'awaiting_payment_and_review' as const };
      const waiting = { ...AUTHORISED, ...doubted, hold: { ...hold, onTimeout: 'void' } } as const;
      const terms = {
        ...given,
        onRefund,
        reviewHold: hold,
        ...(verdict === 'block' ? {} : waiting),
      };
      return [authorise({ ...facts, id: `a/${n}` }, { ...terms, ifAbsent: true })];
    }
    case 2:
      return [reserve(facts, { ...given, choices: [pointsChoice(300, 'c0')], onRefund })];
    case 3: {
      // What is spent, and a share of it that rests on that.
      const rests = {
        grantId: `g_share${n}`,
        offerId: 'share',
        needs: [`g_p%002f${n}`],
        limits: [],
      };
      return [
        reserve(facts, { ...given, choices: [pointsChoice(-200, 'c0')] }),
        reserve(facts, { ...given, ...rests, choices: [pointsChoice(11, 'c0')] }),
      ];
    }
    case 4:
      return [withOptions(reserve(facts, { ...given, onRefund }), n)];
    case 5: {
      const quotas = [{ account: 'quota/people', limit: 2, countedBy: `counted/${customerId}` }];
      const choices = [{ ...goodsChoice('pen', 1, 0), values: [] }, NOTHING_WON];
      const next = { kind: 'claim', untilMs: timeOf(n) + 2 * HOUR_MS } as const;
      return [reserve(facts, { ...given, choices, quotas, next, onRefund })];
    }
    case 6: {
      const rivals = [`g_p%002f${n - 1}`];
      return [
        reserve(
          { ...facts, id: `p/${n}` },
          { ...given, rivals, unless: ['limit/bills/off/c0/k0'], onRefund },
        ),
      ];
    }
    default:
      return ops(WORLD, { ...facts, amountMinor: n === 7 ? 12_000 : 30_001 }, verdict);
  }
}

/** A proof of a payment, by another account. */
export function proofOps(n: number, verdict: Verdict = 'allow'): ReserveOp[] {
  const facts = { id: `x/${n}`, customerId: 'c9', occurredAtMs: timeOf(n), category: `x${n}` };
  const own = {
    of: WORLD,
    accountId: 'account-2',
    ...INTENTS[verdict],
    onRefund: { quota: 'keep', keepAtLeastMinor: 0 },
  } as const;
  return [
    reserve(facts, { ...own, choices: [money(WORLD, 300, 'c9')], provenPaymentId: `p/${n}` }),
  ];
}

/** It is asked for anew what was taken for abuse: of an authorisation by its payment; what a proof was given for, too. */
export function madeGood(n: number, wordId: string, atMs: number, byProof = false): ReserveOp[] {
  return (byProof ? proofOps(n) : paymentOps(n, 'allow')).map((op) => {
    const given = { ...op, anew: { wordId, atMs }, ...(op.intent === 'posted' && COMPENSATED) };
    return n % 8 === 1 ? { ...given, ...COMPENSATED, intent: 'posted', eventId: `p/${n}` } : given;
  });
}

/**
 * An exchange is taken for abuse, or blocked, with the share of what it spends; it is given after all and the share with
 * it, asked for as `along` says, and is taken back again.
 */
export function renewedExchange(
  n: number,
  verdict: Verdict,
  along: 'any' | 'base_missing' | 'itself',
): readonly LedgerOp[] {
  return [
    ...paymentOps(n - 1, 'allow'),
    ...paymentOps(n, verdict),
    ...label(`p/${n}`, 'confirmed', 1),
    ...madeGood(n, `word-${n}-1`, 2).map((op) =>
      op.needs === undefined || along === 'itself' ? op : { ...op, anew: { ...op.anew!, along } },
    ),
    {
      ...{ kind: 'settle', id: `late-again-${n}`, grantId: `g_p%002f${n}.again`, to: 'voided' },
      ...{ reason: 'late_truth', occurredAtMs: 4 },
    },
  ];
}

const COMPENSATED = { reason: 'compensated' } as const;

function priced(amountMinor: number, customerId: string, award: ReserveOp['choices'][0]['award']) {
  return { ...money(WORLD, amountMinor, customerId), award };
}

/** Vouchers that expire within the story. */
function shortLived(choice: ReserveOp['choices'][0]): ReserveOp['choices'][0] {
  const expiresAtMs = FRIDAY_NOON_MS + 6 * HOUR_MS;
  const award = choice.award.map((item) =>
    item.kind === 'voucher' ? { ...item, expiresAtMs } : item,
  );
  return { ...choice, award };
}

function withOptions(op: ReserveOp, n: number): ReserveOp {
  const cup = {
    ...goodsChoice('cup', 1, 0),
    ...priced(800, op.customerId, [{ kind: 'goods', sku: 'cup' }]),
  };
  const options = [
    { ...cup, label: 'cup', units: [{ account: 'stock/bills/pen', limit: 1 }] },
    { ...shortLived(priced(1500, op.customerId, voucherChoice([1500]).award)), label: 'voucher' },
    { ...pointsChoice(150, 'c0'), label: 'points' },
  ];
  const untilMs = timeOf(n) + 3 * HOUR_MS;
  return {
    ...op,
    reviewHold: { timeoutMs: HOUR_MS, onTimeout: 'void' },
    choices: [money(WORLD, 1500, op.customerId)],
    next: { kind: 'choice', untilMs, options },
  };
}
