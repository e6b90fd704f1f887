/** Stories for the laws of the ledger: few customers, tight limits, every operation, every order. */

import fc from 'fast-check';
import { earnedIdOf } from '../../pipeline/reward/grant-id.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import type { RedeemOp } from '../../pipeline/reward/wish-op.ts';
import { cancel, capture, choose, claim, redeem } from './ledger-offers.ts';
import { keptBack, passed, renewed, spent, used } from './ledger-episodes.ts';
import {
  customerOf,
  grantOf,
  HOUR_MS,
  INTENTS,
  madeGood,
  PAYMENTS,
  paymentOps,
  proofOps,
  timeOf,
} from './ledger-payments.ts';
import { label, refund, SPEND, TIER_1, TIER_2, TOTAL } from './ledger-scenario.ts';

/** What no account may ever pass. */
export const LIMITS = new Map([
  [TIER_1, 2],
  [TIER_2, 2],
  [SPEND, 4600],
  [TOTAL, 4700],
  ['stock/bills/pen', 1],
  ['quota/people', 2],
]);

/** What is left of the lines may be taken again by what was in time. */
const ROOM = [SPEND, TOTAL].map((account) => ({ account, limit: LIMITS.get(account)! }));
const withRoom = (op: RedeemOp): RedeemOp => ({ ...op, room: ROOM });
const WITH_STOCK = [...ROOM, { account: 'stock/bills/pen', limit: 1 }];

const number = fc.integer({ min: 0, max: PAYMENTS - 1 });
/** Times by which something has ended, or has not. */
const later = fc.constantFrom(0, 0, 0, 1, 1, 7);
const intent = fc.constantFrom('posted', 'posted', 'held');
/** Times of persons' words: before and after those by which something is made good. */
const at = fc.constantFrom(1, 4);
/** Of words that a file dates, when they were told. */
const told = fc.constantFrom({}, {}, { toldAtMs: 5 });

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
  { weight: 4, arbitrary: used },
  { weight: 2, arbitrary: spent },
  {
    weight: 3,
    arbitrary: from(
      fc.record({ n: fc.constantFrom(7, 15), verdict: fc.constantFrom('allow', 'review') }),
      ({ n, verdict }) => proofOps(n, verdict),
    ),
  },
  { weight: 2, arbitrary: keptBack },
  { weight: 2, arbitrary: renewed },
  { weight: 2, arbitrary: passed },
  {
    weight: 2,
    arbitrary: from(fc.constantFrom(7, 15), (n) =>
      refund(`z${n}`, `p/${n}`, 4000).map((op) => ({
        ...op,
        ...{ accountId: 'account-2', customerId: 'c9' },
      })),
    ),
  },
  {
    weight: 3,
    arbitrary: from(
      fc.record({ n: number, confirmed: fc.boolean(), at, told }),
      ({ n, confirmed, at, told }) =>
        label(
          n % 8 === 1 ? `a/${n}` : `p/${n}`,
          confirmed ? 'confirmed' : 'false_positive',
          at,
        ).map((op) => ({ ...op, ...told })),
    ),
  },
  {
    weight: 2,
    arbitrary: from(fc.record({ n: number, good: fc.boolean(), at }), ({ n, good, at }) => [
      {
        kind: 'settle',
        id: `word-${n}`,
        grantId: grantOf(n),
        to: good ? 'posted' : 'voided',
        reason: good ? 'approved' : 'review_rejected',
        occurredAtMs: at,
      },
    ]),
  },
  {
    weight: 3,
    arbitrary: from(fc.record({ n: number, at }), ({ n, at }) => [
      {
        ...{ kind: 'settle', id: `late-${n}`, grantId: grantOf(n), occurredAtMs: at },
        ...(n < 4
          ? { to: 'voided', reason: 'late_truth' }
          : { to: 'held', reason: 'held_for_review' }),
      },
    ]),
  },
  {
    weight: 3,
    arbitrary: from(fc.record({ n: number, k: fc.constantFrom(1, 2) }), ({ n, k }) =>
      madeGood(n, `word-${n}-${k}`, k + 1),
    ),
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
          room: ROOM,
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
      {
        ...claim(grantOf(n), {
          id: `claim ${n} ${hours}`,
          intent,
          customerId: customerOf(n),
          occurredAtMs: timeOf(n) + hours * HOUR_MS,
        }),
        room: WITH_STOCK,
      },
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
        withRoom(
          redeem(`${grantOf(n)}.${v}`, paid, {
            id: `use/${n}.${v}-${paid}-${again}`,
            customerId: customerOf(n),
            occurredAtMs: timeOf(n) + HOUR_MS,
          }),
        ),
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

/** A proof comes before words on its payment, and what is made good is asked for by the latest word on it. */
function comesInTurn(op: LedgerOp, index: number, list: readonly LedgerOp[]): boolean {
  if (op.kind !== 'reserve' || (op.anew ?? op.provenPaymentId) === undefined) return true;
  const since = op.anew?.atMs ?? 0;
  const numberOf = (id: string): string => /\d+$/.exec(earnedIdOf(id))![0];
  return !list
    .slice(0, index)
    .some(
      (each) =>
        each.kind === 'settle' &&
        (each.toldAtMs ?? each.occurredAtMs) > since &&
        numberOf('eventId' in each ? each.eventId : each.grantId) === numberOf(op.grantId),
    );
}

/** A word, a payment or a cancellation comes after what it is about; the pipeline's order of effects sees to that. */
function comesAfterwards(op: LedgerOp, index: number, list: readonly LedgerOp[]): boolean {
  const about = (eventId: string, grantId: string): boolean =>
    list
      .slice(0, index)
      .some(
        (each) => each.kind === 'reserve' && (each.eventId === eventId || each.grantId === grantId),
      );
  if (op.kind === 'settle')
    return 'eventId' in op ? about(op.eventId, '') : about('', earnedIdOf(op.grantId));
  if (op.kind === 'capture' || op.kind === 'cancel') return about(op.authorisationId, '');
  return true;
}

export const story: fc.Arbitrary<LedgerOp[]> = fc
  .array(anyOps, { minLength: 1, maxLength: 120, size: 'max' })
  .map((lists) => lists.flat().filter(comesInTurn).filter(comesAfterwards))
  .filter((list) => list.length > 0);
