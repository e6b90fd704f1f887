import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasOffer } from '../../pipeline/reward/grant.ts';
import type { JournalEntry } from '../../pipeline/reward/journal.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import {
  FRIDAY_NOON_MS,
  label,
  offer,
  ops,
  refund,
  SPEND,
  TIER_1,
  TOTAL,
} from './ledger-scenario.ts';

let server: TestRedis;
let ledger: Ledger;

beforeAll(async () => {
  server = await startTestRedis();
  ledger = new Ledger(server.connect());
});
afterAll(() => server.close());
beforeEach(startOver);

/** An empty Redis, and a ledger that has seen nothing else. */
async function startOver(): Promise<void> {
  await ledger.redis.flushall();
  ledger = new Ledger(ledger.redis);
}

const posted = async (account: string): Promise<number> =>
  (await ledger.balances([account]))[0]!.posted;

describe('clawback', () => {
  const money = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

  test('is round_half_up(D × R / P) after every refund, up to the largest exact amounts', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        money,
        money,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
        async (a, b, shares) => {
          const [off, paid] = [Math.min(a, b), Math.max(a, b)];
          const id = `p${run++}`;
          const compiled = offer({
            total: Number.MAX_SAFE_INTEGER,
            tiers: [{ atLeast: off, off }],
          });
          await startOver();
          await ledger.apply(ops(compiled, { id, customerId: id, amountMinor: paid }));
          let refunded = 0;
          for (const [index, share] of shares.entries()) {
            const last = index === shares.length - 1;
            const part = last ? paid - refunded : Math.floor((paid - refunded) * share);
            if (part === 0) continue;
            refunded += part;
            const grants = await ledger.apply(refund(`${id}-r${index}`, id, part));
            const exact =
              (2n * BigInt(off) * BigInt(refunded) + BigInt(paid)) / (2n * BigInt(paid));
            expect(BigInt(grants[0]![0]!.clawedBackMinor)).toBe(exact);
          }
          expect(await posted(SPEND)).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** A small world in which everything collides: few customers, tight quotas, refunds, reviews, labels, time. */
const compiled = offer({
  total: 2700,
  spend: 2600,
  tiers: [
    { atLeast: 10_000, off: 500, quota: 2 },
    { atLeast: 30_000, off: 1000, quota: 2 },
  ],
  onTierExhausted: 'next_lower',
  hold: { timeout: '2h', onTimeout: 'void' },
});
const LIMITS = new Map([
  [TIER_1, 2],
  ['quota/bills/off/tier-2', 2],
  [SPEND, 2600],
  [TOTAL, 2700],
]);

const paymentNumber = fc.integer({ min: 0, max: 9 });
const anyOps: fc.Arbitrary<readonly LedgerOp[]> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        n: paymentNumber,
        verdict: fc.constantFrom('allow', 'allow', 'review', 'block'),
      })
      .map(({ n, verdict }) =>
        // What a payment is follows from its number, so that the same id is the same body.
        ops(
          compiled,
          {
            id: `p${n}`,
            customerId: `c${n % 7}`,
            amountMinor: n % 3 === 0 ? 12_000 : 30_001,
            occurredAtMs: FRIDAY_NOON_MS + n * 1_200_000,
          },
          verdict,
        ),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ n: paymentNumber, part: fc.constantFrom(1, 4000, 11_999, 30_001) })
      .map(({ n, part }) => refund(`r${n}-${part}`, `p${n}`, part)),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ n: paymentNumber, confirmed: fc.boolean() })
      .map(({ n, confirmed }) => label(`p${n}`, confirmed ? 'confirmed' : 'false_positive')),
  },
);
const story = fc
  .array(anyOps, { minLength: 1, maxLength: 60 })
  .map((lists) => lists.flat().filter(isLabelledAfterwards))
  .filter((list) => list.length > 0);

/** A decision is labelled only after it was made, and made only together with its rewards. */
function isLabelledAfterwards(op: LedgerOp, index: number, list: readonly LedgerOp[]): boolean {
  if (op.kind !== 'settle' || !('eventId' in op)) return true;
  return list
    .slice(0, index)
    .some((each) => each.kind === 'reserve' && each.eventId === op.eventId);
}

describe('for any story of payments, refunds and labels', () => {
  test('no account ever passes its limit or falls below nothing, and no grant gives back more than it got', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (list) => {
        await startOver();
        await ledger.apply(list);
        holds(await ledger.drain(0, 100_000));
      }),
      { numRuns: 150 },
    );
  });

  test('a replay of any part, in any grouping, changes no balance and no grant', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.nat(), fc.integer({ min: 1, max: 9 }), async (list, cut, size) => {
        await startOver();
        await ledger.apply(list);
        const before = await balancesAndGrants();
        for (let i = 0; i < list.length; i += size) {
          const from = Math.min(i, cut % list.length);
          await ledger.apply(list.slice(from, i + size));
        }
        expect(await balancesAndGrants()).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  test('a crash after any operation and a replay from there ends as the undisturbed run did', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.nat(), fc.nat(), async (list, crash, back) => {
        await startOver();
        await ledger.apply(list);
        const expected = await balancesAndGrants();
        await startOver();
        const reached = crash % (list.length + 1);
        await ledger.apply(list.slice(0, reached));
        await ledger.apply(list.slice(back % (reached + 1)));
        expect(await balancesAndGrants()).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

test('independent payments give the same balances in any order', async () => {
  const roomy = offer();
  const list = Array.from({ length: 40 }, (_, n) =>
    ops(roomy, { id: `p${n}`, customerId: `c${n}` }, n % 4 === 0 ? 'review' : 'allow'),
  ).flat();
  await ledger.apply(list);
  const expected = (await balancesAndGrants()).balances;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      async (shuffled) => {
        await startOver();
        await ledger.apply(shuffled);
        expect((await balancesAndGrants()).balances).toEqual(expected);
      },
    ),
    { numRuns: 20 },
  );
});

async function balancesAndGrants() {
  const { redis, keys } = ledger;
  return {
    balances: await redis.hgetall(keys.balances),
    grants: await redis.hgetall(keys.grants),
    refused: await redis.hgetall(keys.refused),
    parked: await redis.hgetall(keys.parked),
    sequence: await redis.hget(keys.state, 'sequence'),
  };
}

/** Folds the journal and checks the invariants after every entry. */
function holds(journal: readonly JournalEntry[]): void {
  const sums = new Map<string, [number, number]>();
  const live = new Map<string, string>();
  for (const [index, { sequence, legs, grant }] of journal.entries()) {
    expect(sequence).toBe(index + 1);
    for (const { account, postedDelta, pendingDelta } of legs) {
      const [p, q] = sums.get(account) ?? [0, 0];
      const now: [number, number] = [p + postedDelta, q + pendingDelta];
      sums.set(account, now);
      if (!account.startsWith('payable/'))
        expect(Math.min(...now), account).toBeGreaterThanOrEqual(0);
      const limit = account.startsWith('limit/') ? 1 : LIMITS.get(account);
      if (limit !== undefined) expect(now[0] + now[1], account).toBeLessThanOrEqual(limit);
    }
    expect(grant.clawedBackMinor).toBeLessThanOrEqual(grant.amountMinor);
    if (!hasOffer(grant) || grant.reason === 'id_conflict') continue;
    // One live grant a key: an event and an offer are one grant.
    expect(live.get(`${grant.offerId} ${grant.eventId}`) ?? grant.id).toBe(grant.id);
    live.set(`${grant.offerId} ${grant.eventId}`, grant.id);
  }
}

test('the stories reach every outcome', async () => {
  const seen = new Set<string>();
  const lists = fc.sample(story, { numRuns: 300, seed: 7 });
  for (const list of lists) {
    await startOver();
    for (const grants of await ledger.apply(list)) grants.forEach(({ reason }) => seen.add(reason));
    for (const { grant } of await ledger.drain(0, 100_000)) seen.add(grant.reason);
  }
  const reserved = lists.flat().filter((op): op is ReserveOp => op.kind === 'reserve');
  expect(reserved.length).toBeGreaterThan(0);
  expect([...seen].sort()).toEqual(
    [
      'granted',
      'held_for_review',
      'released',
      'risk_block',
      'review_confirmed',
      'limit_reached',
      'quota_exhausted',
      'budget_exhausted',
      'refunded',
      'partly_refunded',
      'payment_not_found',
      'refund_applied',
      'refund_exceeds_payment',
      'hold_expired',
    ].sort(),
  );
});
