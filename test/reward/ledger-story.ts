/** Stories for the laws of the ledger: few customers, tight limits, every operation, every order. */

import fc from 'fast-check';
import type { CaptureOp, LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import {
  authorise,
  cancel,
  capture,
  choose,
  claim,
  goodsChoice,
  NOTHING_WON,
  pointsChoice,
  redeem,
  reserve,
  voucherChoice,
} from './ledger-offers.ts';
import {
  FRIDAY_NOON_MS,
  label,
  money,
  offer,
  ops,
  refund,
  SPEND,
  TIER_1,
  TIER_2,
  TOTAL,
  type Verdict,
} from './ledger-scenario.ts';

const HOUR_MS = 3_600_000;

/** What no account may ever pass. */
export const LIMITS = new Map([
  [TIER_1, 2],
  [TIER_2, 2],
  [SPEND, 4600],
  [TOTAL, 4700],
  ['stock/bills/pen', 1],
  ['quota/people', 2],
]);

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

const PAYMENTS = 16;
const INTENTS: Record<Verdict, Pick<CaptureOp, 'intent' | 'reason'>> = {
  allow: { intent: 'posted', reason: 'granted' },
  review: { intent: 'held', reason: 'held_for_review' },
  block: { intent: 'voided', reason: 'risk_block' },
};

const AUTHORISED = { intent: 'held', reason: 'awaiting_payment' } as const;
const customerOf = (n: number): string => `c${n % 5}`;
const timeOf = (n: number): number => FRIDAY_NOON_MS + n * 1_200_000;

/** What a payment is follows from its number, so that the same id is the same body. */
function paymentOps(n: number, verdict: Verdict): ReserveOp[] {
  const customerId = customerOf(n);
  const facts = { id: `p/${n}`, customerId, occurredAtMs: timeOf(n), category: `k${n % 2}` };
  const hold = { timeoutMs: 2 * HOUR_MS, onTimeout: 'manual_review' } as const;
  const given = { of: WORLD, hold, ...INTENTS[verdict] };
  const keepAtLeastMinor = n % 2 === 0 ? 20_000 : 0;
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
      return [authorise({ ...facts, id: `a/${n}` }, terms)];
    }
    case 2:
      return [reserve(facts, { ...given, choices: [pointsChoice(300, 'c0')], onRefund })];
    case 3:
      return [reserve(facts, { ...given, choices: [pointsChoice(-200, 'c0')] })];
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

const number = fc.integer({ min: 0, max: PAYMENTS - 1 });
const grantOf = (n: number): string => `g_${n % 8 === 1 ? 'a' : 'p'}%002f${n}`;
/** Times by which something has ended, or has not. */
const later = fc.constantFrom(0, 0, 0, 1, 1, 7);
const intent = fc.constantFrom('posted', 'posted', 'held');

function from<T>(arbitrary: fc.Arbitrary<T>, make: (value: T) => readonly LedgerOp[]) {
  return arbitrary.map(make);
}

const anyOps: fc.Arbitrary<readonly LedgerOp[]> = fc.oneof(
  {
    weight: 24,
    arbitrary: from(
      fc.record({ n: number, verdict: fc.constantFrom('allow', 'allow', 'review', 'block') }),
      ({ n, verdict }) => paymentOps(n, verdict),
    ),
  },
  {
    weight: 10,
    arbitrary: from(
      fc.record({ n: number, part: fc.constantFrom(1, 4000, 11_999, 15_000, 30_001) }),
      ({ n, part }) => refund(`r${n}-${part}`, `p/${n}`, part),
    ),
  },
  {
    weight: 3,
    arbitrary: from(fc.record({ n: number, confirmed: fc.boolean() }), ({ n, confirmed }) =>
      label(n % 8 === 1 ? `a/${n}` : `p/${n}`, confirmed ? 'confirmed' : 'false_positive'),
    ),
  },
  {
    weight: 2,
    arbitrary: from(fc.record({ n: number, good: fc.boolean() }), ({ n, good }) => [
      {
        kind: 'settle',
        id: `word-${n}`,
        grantId: grantOf(n),
        to: good ? 'posted' : 'voided',
        reason: good ? 'approved' : 'review_rejected',
        occurredAtMs: 1,
      },
    ]),
  },
  {
    weight: 3,
    arbitrary: from(number, (n) => [
      {
        ...{ kind: 'settle', id: `late-${n}`, grantId: grantOf(n), occurredAtMs: 1 },
        ...(n < 4
          ? { to: 'voided', reason: 'late_truth' }
          : { to: 'held', reason: 'held_for_review' }),
      },
    ]),
  },
  {
    weight: 2,
    arbitrary: from(fc.record({ n: number, hours: later }), ({ n, hours }) => [
      { kind: 'advance', occurredAtMs: timeOf(n) + hours * HOUR_MS },
    ]),
  },
  {
    weight: 5,
    arbitrary: from(
      fc.record({ n: fc.constantFrom(1, 9), verdict: fc.constantFrom('allow', 'review', 'block') }),
      ({ n, verdict }) => [
        capture(`p/${n}`, `a/${n}`, n === 1 ? 30_000 : 22_000, {
          occurredAtMs: timeOf(n) + HOUR_MS,
          ...INTENTS[verdict],
        }),
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: from(fc.constantFrom(1, 9), (n) => [
      { ...cancel(`x${n}`, `a/${n}`), occurredAtMs: timeOf(n) },
    ]),
  },
  {
    weight: 5,
    arbitrary: from(fc.record({ n: number, hours: later, intent }), ({ n, hours, intent }) => [
      claim(grantOf(n), {
        id: `claim ${n} ${hours}`,
        intent,
        customerId: customerOf(n),
        occurredAtMs: timeOf(n) + hours * HOUR_MS,
      }),
    ]),
  },
  {
    weight: 5,
    arbitrary: from(
      fc.record({
        n: fc.constantFrom(4, 12),
        option: fc.constantFrom('cup', 'voucher', 'points', 'tea'),
        who: fc.constantFrom(4, 5),
        intent,
      }),
      ({ n, option, who, intent }) => [
        choose(grantOf(n), option, {
          id: `choose-${n}-${option}-${who}`,
          intent,
          customerId: customerOf(n + who + 1),
          occurredAtMs: timeOf(n) + HOUR_MS,
        }),
      ],
    ),
  },
  {
    weight: 6,
    arbitrary: from(
      fc.record({
        n: fc.constantFrom(0, 4, 8, 12),
        v: fc.constantFrom(1, 2),
        paid: fc.constantFrom(1999, 2000),
        again: fc.boolean(),
      }),
      ({ n, v, paid, again }) => [
        redeem(`${grantOf(n)}.${v}`, paid, {
          id: `use/${n}.${v}-${paid}-${again}`,
          customerId: customerOf(n),
          occurredAtMs: timeOf(n) + HOUR_MS,
        }),
      ],
    ),
  },
  {
    weight: 6,
    arbitrary: from(
      fc.record({ n: fc.constantFrom(0, 8), v: fc.constantFrom(1, 2), k: fc.constantFrom(1, 2) }),
      ({ n, v, k }) => [
        {
          kind: 'extend',
          id: `longer ${n}.${v} ${k}`,
          voucherId: `${grantOf(n)}.${v}`,
          byMs: HOUR_MS,
          occurredAtMs: timeOf(n),
        },
      ],
    ),
  },
);

/** A word, a payment or a cancellation comes after what it is about; the pipeline's order of effects sees to that. */
function comesAfterwards(op: LedgerOp, index: number, list: readonly LedgerOp[]): boolean {
  const about = (eventId: string, grantId: string): boolean =>
    list
      .slice(0, index)
      .some(
        (each) => each.kind === 'reserve' && (each.eventId === eventId || each.grantId === grantId),
      );
  if (op.kind === 'settle') return 'eventId' in op ? about(op.eventId, '') : about('', op.grantId);
  if (op.kind === 'capture' || op.kind === 'cancel') return about(op.authorisationId, '');
  return true;
}

export const story: fc.Arbitrary<LedgerOp[]> = fc
  .array(anyOps, { minLength: 1, maxLength: 120, size: 'max' })
  .map((lists) => lists.flat().filter(comesAfterwards))
  .filter((list) => list.length > 0);
