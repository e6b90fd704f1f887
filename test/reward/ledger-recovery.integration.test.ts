import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { rebuild, recover } from '../../pipeline/reward/rebuild.ts';
import { isUnavailable, LedgerUnavailable } from '../../pipeline/reward/redis.ts';
import { verify } from '../../pipeline/reward/verify.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { checkJournal, checkStanding } from './ledger-invariants.ts';
import { FRIDAY_NOON_MS, label, offer, ops, refund, SPEND, TIER_1 } from './ledger-scenario.ts';
import { Table, wholeState } from './ledger-state.ts';
import { LIMITS, story as everything } from './ledger-story.ts';

let server: TestRedis;
let ledger: Ledger;

beforeEach(async () => {
  server = await startTestRedis({ durable: true });
  ledger = new Ledger(server.connect());
});
afterEach(() => server.close());

const compiled = offer({
  quota: 40,
  hold: { timeout: '3h', onTimeout: 'manual_review' },
});

/** Payments of every verdict, refunds of every kind, labels; reproducible. */
function story(count: number): LedgerOp[] {
  const random = seededRandom(11);
  const list: LedgerOp[] = [];
  for (let n = 0; n < count; n++) {
    const verdict = (['allow', 'allow', 'review', 'block'] as const)[Math.floor(random() * 4)]!;
    const facts = {
      id: `p/${n}`,
      customerId: `c ${n % 50}`,
      occurredAtMs: FRIDAY_NOON_MS + n * 60_000,
    };
    list.push(...ops(compiled, facts, verdict));
    // It came again after others, and was intercepted then.
    if (random() < 0.1) list.push(...ops(compiled, facts, 'block'));
    const past = Math.floor(random() * (n + 5));
    if (random() < 0.4) list.push(...refund(`r${n}`, `p/${past}`, Math.ceil(random() * 40_000)));
    if (random() < 0.2 && past <= n) {
      list.push(...label(`p/${past}`, random() < 0.5 ? 'confirmed' : 'false_positive', n));
    }
  }
  return list;
}

/** Applies group by group and repeats the group that failed, as the pipeline does. */
async function applyPatiently(list: readonly LedgerOp[], groupSize: number): Promise<number> {
  let failures = 0;
  for (let from = 0; from < list.length;) {
    try {
      await ledger.apply(list.slice(from, from + groupSize));
      from += groupSize;
    } catch (error) {
      expect(error).toBeInstanceOf(LedgerUnavailable);
      failures++;
    }
  }
  return failures;
}

describe('a server killed in the middle', () => {
  test('loses nothing that was acknowledged, and repeating what failed ends as an undisturbed run', async () => {
    const list = fc.sample(everything, { numRuns: 14, seed: 5 }).flat();
    await ledger.apply(list);
    const total = await ledger.sequence();
    const expected = await wholeState(ledger);
    await ledger.redis.flushall();
    ledger = new Ledger(server.connect());

    const run = applyPatiently(list, 5);
    for (let kill = 0; kill < 5; kill++) {
      const probe = new Ledger(server.connect());
      let reached = 0;
      while (reached < (total * (kill + 1)) / 7) reached = await probe.sequence();
      await server.kill();
      await server.start();
      expect(await new Ledger(server.connect()).sequence()).toBeGreaterThanOrEqual(reached);
    }
    expect(await run).toBeGreaterThan(0);
    expect(await wholeState(ledger)).toEqual(expected);
    checkStanding(checkJournal(await ledger.drain(0, 100_000), LIMITS));
  });

  test('apply says that it may be repeated, within a bounded time', async () => {
    await server.kill();
    const failure = await ledger.apply(story(3)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LedgerUnavailable);
    expect(failure).toMatchObject({ retryable: true });
    expect(isUnavailable(failure)).toBe(true);
    await server.start();
    expect(await applyPatiently(story(3), 1)).toBeGreaterThanOrEqual(0);
    expect(await ledger.sequence()).toBeGreaterThan(0);
  });

  test('a defect is not taken for an absence', async () => {
    await ledger.redis.set(ledger.keys.balances, 'not a hash');
    const failure = await ledger.apply(story(1)).catch((error: unknown) => error);
    expect(isUnavailable(failure)).toBe(false);
    // It failed on what it read: nothing at all was written.
    expect(await ledger.redis.keys('*')).toEqual([ledger.keys.balances]);
  });
});

describe('a server that lost its data under a running worker', () => {
  /** Its life so far: 150 entries and more, some of them drained. */
  async function live(): Promise<Table> {
    const table = new Table();
    await ledger.apply(story(150));
    await table.drain(ledger, 40);
    return table;
  }

  test.each([
    ['flushed', () => ledger.redis.flushall()],
    ['restored from an older copy', () => ledger.redis.hset(ledger.keys.state, 'sequence', '7')],
  ])('%s: grants nothing more, drains nothing and forgets nothing', async (_how, lose) => {
    await live();
    await lose();
    // What another life put there is not what this one drained.
    await ledger.redis.del(ledger.keys.journal);
    await ledger.redis.xadd(ledger.keys.journal, '1-0', 'operation', 'reserve');
    const before = await wholeState(ledger);
    const uses = [
      () => ledger.apply(ops(compiled, { id: 'next', customerId: 'next' })),
      () => ledger.drain(0),
      () => ledger.trim(1),
      () => ledger.sequence(),
    ];
    for (const use of uses) {
      const failure = await use().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect((failure as Failure).message).toMatch(/went back from entry \d+ to [07] .*start the/);
      expect(isUnavailable(failure)).toBe(false);
    }
    expect(await wholeState(ledger)).toEqual(before);
    expect(await ledger.redis.xlen(ledger.keys.journal)).toBe(1);
  });

  test('is noticed before the first grant of a worker that found it whole at its start', async () => {
    const table = await live();
    const worker = new Ledger(server.connect());
    expect(await recover(worker, table)).toBe(false);
    await ledger.redis.flushall();
    await expect(worker.apply(story(3))).rejects.toThrow(Failure);
    const next = new Ledger(server.connect());
    expect(await recover(next, table)).toBe(true);
    await ledger.redis.flushall();
    await expect(next.apply(story(3))).rejects.toThrow(
      `went back from entry ${await table.lastSequence()} to 0`,
    );
  });
});

describe('verify', () => {
  test.each([0, 40, 10_000])(
    'agrees with the journal, %i entries of it drained',
    async (drained) => {
      const table = new Table();
      await ledger.apply(story(150));
      if (drained > 0) await table.drain(ledger, drained);
      const { differences, missing, sequence, accounts } = await verify(ledger, table);
      expect({ differences, missing }).toEqual({ differences: [], missing: 0 });
      expect(sequence).toBe(await ledger.sequence());
      expect(accounts).toBeGreaterThan(50);
    },
  );

  test('finds a tampered balance, one that appeared, and one that went', async () => {
    const table = new Table();
    await ledger.apply(story(150));
    const { balances } = ledger.keys;
    const { posted, pending } = (await ledger.balances([SPEND]))[0]!;
    await ledger.redis.hset(balances, SPEND, `${posted + 1} ${pending}`, 'budget/none', '5 0');
    await ledger.redis.hdel(balances, TIER_1);
    const { differences } = await verify(ledger, table);
    expect(differences.map(({ account }) => account)).toEqual([SPEND, 'budget/none', TIER_1]);
    expect(differences[0]).toMatchObject({ ledger: { posted: posted + 1 }, journal: { posted } });
  });

  test('finds entries that were lost', async () => {
    await ledger.apply(story(150));
    await ledger.trim(7);
    expect(await verify(ledger, new Table())).toMatchObject({ missing: 7 });
  });
});

describe('rebuild', () => {
  test.each([0, 100, 10_000])(
    'equals what was there, %i entries of it drained',
    async (drained) => {
      const table = new Table();
      await ledger.apply(story(300));
      if (drained > 0) await table.drain(ledger, drained);
      const expected = await wholeState(ledger);
      await ledger.redis.hset(ledger.keys.balances, SPEND, '1 1');
      await ledger.redis.hdel(ledger.keys.grants, Object.keys(expected['grants'] as object)[0]!);
      await rebuild(ledger, table);
      expect(await wholeState(ledger)).toEqual(expected);
    },
  );

  test('changes nothing when the group was lost to another meanwhile', async () => {
    await ledger.apply(story(150));
    await ledger.redis.hset(ledger.keys.balances, SPEND, '1 1');
    const before = await wholeState(ledger);
    const lost = AbortSignal.abort(new Failure('another took the group over'));
    await expect(rebuild(ledger, new Table(), lost)).rejects.toThrow('another took');
    expect(await wholeState(ledger)).toEqual(before);
  });

  test('brings back one generation of what waits or was refused, however much there was', async () => {
    const table = new Table();
    const small = new Ledger(ledger.redis, { generationSize: 10 });
    for (let n = 0; n < 50; n++) await small.apply(refund(`r${n}`, `none-${n}`, 5));
    await table.drain(small, 1000);
    expect((await verify(small, table)).differences).toEqual([]);
    await rebuild(small, table);
    expect((await verify(small, table)).differences).toEqual([]);
    const { balances, parked, refused } = small.keys;
    const sizes = [balances, parked, refused].map((key) => ledger.redis.hlen(key));
    expect(await Promise.all(sizes)).toEqual([0, 9, 9]);
    expect(await ledger.redis.hexists(parked, 'none-49')).toBe(1);
  });

  test('brings an empty Redis back, after which the same operations get the same answers', async () => {
    const table = new Table();
    const list = story(300);
    await ledger.apply(list);
    await table.drain(ledger, 100_000);
    const answers = await ledger.apply(list);
    await ledger.redis.flushall();
    ledger = new Ledger(server.connect());
    expect(await recover(ledger, table)).toBe(true);
    expect(await ledger.apply(list)).toEqual(answers);
    expect(await recover(ledger, table)).toBe(false);
    expect((await verify(ledger, table)).differences).toEqual([]);
  });
});
