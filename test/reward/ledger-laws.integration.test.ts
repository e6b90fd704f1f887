import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  GRANT_REASONS,
  GRANT_STATES,
  INELIGIBLE_REASONS,
  type GrantReason,
} from '../../pipeline/reward/grant.ts';
import { OPERATIONS } from '../../pipeline/reward/journal.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp, RefundOp } from '../../pipeline/reward/ledger-op.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { checkIntercepted, checkJournal, checkLedger, checkStanding } from './ledger-invariants.ts';
import { checkOthers } from './ledger-others.ts';
import { checkOutside } from './ledger-outside.ts';
import { offer, ops, refund, SPEND } from './ledger-scenario.ts';
import { wholeState } from './ledger-state.ts';
import { LIMITS, story } from './ledger-story.ts';

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

const isRefund = (op: LedgerOp): op is RefundOp => op.kind === 'refund';

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

describe('for any story of everything that can happen', () => {
  test('limits hold, entries sum to zero, a reward costs what the customer has of it, children stay within parents, a key has one grant, nothing waits beyond its time, and abuse has nothing', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (list) => {
        await startOver();
        await ledger.apply(list);
        const journal = await ledger.drain(0, 100_000);
        const outcome = checkJournal(journal, LIMITS);
        checkStanding(outcome);
        checkOutside(journal, outcome, list.filter(isRefund));
        checkIntercepted(list, outcome);
        checkOthers(journal, outcome, list);
        await checkLedger(ledger, outcome);
      }),
      { numRuns: 300 },
    );
  });

  test('a replay of any part, in any grouping, changes no balance, grant or voucher', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.nat(), fc.integer({ min: 1, max: 9 }), async (list, cut, size) => {
        await startOver();
        await ledger.apply(list);
        const before = await wholeState(ledger);
        for (let i = 0; i < list.length; i += size) {
          const from = Math.min(i, cut % list.length);
          await ledger.apply(list.slice(from, i + size));
        }
        expect(await wholeState(ledger)).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  test('a crash after any operation and a replay from there ends as the undisturbed run did', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.nat(), fc.nat(), async (list, crash, back) => {
        await startOver();
        await ledger.apply(list);
        const expected = await wholeState(ledger);
        await startOver();
        const reached = crash % (list.length + 1);
        await ledger.apply(list.slice(0, reached));
        await ledger.apply(list.slice(back % (reached + 1)));
        expect(await wholeState(ledger)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  test('a quote of it all answers as applying it does', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.nat(), async (list, cut) => {
        await startOver();
        const [done, next] = [list.slice(0, cut % list.length), list.slice(cut % list.length)];
        await ledger.apply(done);
        const before = await wholeState(ledger);
        const quoted = await ledger.quote(next);
        expect(await wholeState(ledger)).toEqual(before);
        expect(await ledger.apply(next)).toEqual(quoted);
      }),
      { numRuns: 60 },
    );
  });
});

test('independent payments give the same balances in any order', async () => {
  const roomy = offer();
  const list = Array.from({ length: 40 }, (_, n) =>
    ops(roomy, { id: `p${n}`, customerId: `c${n}` }, n % 4 === 0 ? 'review' : 'allow'),
  ).flat();
  await ledger.apply(list);
  const expected = (await wholeState(ledger))['balances'];
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      async (shuffled) => {
        await startOver();
        await ledger.apply(shuffled);
        expect((await wholeState(ledger))['balances']).toEqual(expected);
      },
    ),
    { numRuns: 20 },
  );
});

test('the stories reach every state and every reason', async () => {
  const reasons = new Set<string>();
  const states = new Set<string>();
  const operations = new Set<string>();
  for (const list of fc.sample(story, { numRuns: 400, seed: 7 })) {
    await startOver();
    await ledger.apply(list);
    for (const { grant, operation } of await ledger.drain(0, 100_000)) {
      reasons.add(grant.reason);
      states.add(grant.state);
      operations.add(operation);
    }
  }
  expect([...states].sort()).toEqual([...GRANT_STATES].sort());
  // Tests of their own have the rest, and evaluation has reasons that the ledger only keeps.
  expect(OPERATIONS.filter((each) => !operations.has(each))).toEqual(['conflict']);
  const elsewhere: GrantReason[] = [
    'account_frozen',
    'base_missing',
    'refund_without_amount',
    'id_conflict',
    ...INELIGIBLE_REASONS,
    'voucher_out_of_scope',
    'voucher_wrong_currency',
  ];
  expect(GRANT_REASONS.filter((each) => !reasons.has(each) && !elsewhere.includes(each))).toEqual(
    [],
  );
});
