import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { checkJournal, checkLedger, checkStanding } from './ledger-invariants.ts';
import { LIMITS, story } from './ledger-story.ts';
import { FRIDAY_NOON_MS, offer, ops, SPEND, TIER_1, TOTAL, type Facts } from './ledger-scenario.ts';

let server: TestRedis;
let ledger: Ledger;

beforeAll(async () => {
  server = await startTestRedis();
  ledger = new Ledger(server.connect());
});
afterAll(() => server.close());
beforeEach(async () => {
  await ledger.redis.flushall();
  ledger = new Ledger(ledger.redis);
});

const WRITERS = 64;

/** Many writers at once, each with a connection of its own and its share of the operations, so many a call. */
async function inParallel(list: readonly LedgerOp[], size = 1): Promise<void> {
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const redis = server.connect();
      const own = new Ledger(redis);
      const share = list.filter((_op, index) => index % WRITERS === writer);
      for (let i = 0; i < share.length; i += size) await own.apply(share.slice(i, i + size));
      redis.disconnect();
    }),
  );
}

/** An order that has nothing to do with time. */
function hashOf(op: LedgerOp): number {
  return createHash('md5').update(JSON.stringify(op)).digest().readUInt32LE();
}

const posted = async (account: string): Promise<number> =>
  (await ledger.balances([account]))[0]!.posted;

describe('64 parallel writers', () => {
  const day = ({ cardId, occurredAtMs }: Required<Facts>): string =>
    `${cardId}/${Math.floor(occurredAtMs / 86_400_000)}`;
  const people = (count: number, facts: (n: number) => object = () => ({})): LedgerOp[] =>
    Array.from({ length: count }, (_, n) => n).flatMap((n) =>
      ops(offer({ quota: 500 }), { id: `p${n}`, customerId: `c${n}`, ...facts(n) }),
    );

  test('a quota is sold out exactly', async () => {
    await inParallel(people(1500));
    expect(await posted(TIER_1)).toBe(500);
    expect(await posted(SPEND)).toBe(500_000);
  });

  test('a budget line and its ancestor are spent to the last grant that fits', async () => {
    const compiled = offer({ total: 123_999, spend: 123_999 });
    const list = Array.from({ length: 400 }, (_, n) =>
      ops(compiled, { id: `p${n}`, customerId: `c${n}` }),
    ).flat();
    await inParallel(list);
    expect([await posted(SPEND), await posted(TOTAL)]).toEqual([123_000, 123_000]);
  });

  test('a customer gets one grant for each kind of bill, whatever the number of payments', async () => {
    const list = people(1280, (n) => ({
      customerId: `c${n % 10}`,
      category: n % 20 < 10 ? 'water' : 'gas',
    }));
    await inParallel(list);
    expect(await posted(TIER_1)).toBe(20);
  });

  test('a card gets one grant a day', async () => {
    const compiled = offer({ limit: day });
    const list = Array.from({ length: 960 }, (_, n) =>
      ops(compiled, {
        id: `p${n}`,
        cardId: `card-${n % 5}`,
        occurredAtMs: FRIDAY_NOON_MS + (n % 3) * 86_400_000,
      }),
    ).flat();
    await inParallel(list);
    expect(await posted(TIER_1)).toBe(15);
  });

  test('a quota of 50,000 sells exactly 50,000', async () => {
    const rush = offer({ quota: 50_000 });
    const list = Array.from({ length: 55_000 }, (_, n) =>
      ops(rush, { id: `p${n}`, customerId: `c${n}` }),
    ).flat();
    await inParallel(list, 250);
    expect(await posted(TIER_1)).toBe(50_000);
    expect(await posted(SPEND)).toBe(50_000_000);
  });

  test('stories of everything, each with its duplicates, shuffled over the writers, keep every invariant', async () => {
    const lists = fc.sample(story, { numRuns: 12, seed: 3 }).flat();
    await inParallel([...lists, ...lists].sort((a, b) => hashOf(a) - hashOf(b)));
    const outcome = checkJournal(await ledger.drain(0, 100_000), LIMITS);
    checkStanding(outcome);
    await checkLedger(ledger, outcome);
    expect(outcome.grants.size).toBeGreaterThan(10);
  });

  test('every operation delivered by every eighth writer counts once', async () => {
    const list = people(60);
    const eightTimes = Array.from({ length: 8 }, () => list).flat();
    await inParallel(eightTimes);
    expect(await posted(TIER_1)).toBe(60);
    expect(await ledger.sequence()).toBe(60);
  });
});
