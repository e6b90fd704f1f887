/**
 * The reward stage: what an event costs to evaluate, and how many reservations a second the Lua ledger does
 * on one local Redis, in batches and one by one, with and without an fsync before each answer.
 */

import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { parse } from 'yaml';
import { campaignSchema, type Campaign } from '../../config/campaign-schema.ts';
import { compileCampaigns, type CompiledCampaigns } from '../../pipeline/reward/campaign.ts';
import { NO_FACTS } from '../../pipeline/reward/customer-facts.ts';
import { evaluate } from '../../pipeline/reward/evaluate.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { decision, event } from '../reward/scenario.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { postings } from './ledger-posting.ts';
import { compare, timed, type Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';

const ROUNDS = 5;
/** Offers live beside each other; each payment meets the conditions of one. */
const OFFERS = 25;
const QUOTA = 50_000;
const WRITERS = 64;
const BATCH = 128;

/** The shipped bill-payment offer under as many names, each for a category of its own, with room for the whole run. */
function manyOffers(): CompiledCampaigns {
  const path = new URL('../../config/campaigns/bill-payment.yaml', import.meta.url);
  const raw = parse(readFileSync(path, 'utf8')) as Campaign;
  const { excludedBy: _closing, ...offer } = raw.offers.find(({ id }) => id === 'bill-off')!;
  const room = { limit: 1e12 };
  const line = offer.budget.split('.').at(-1)!;
  return compileCampaigns([
    campaignSchema.parse({
      ...raw,
      budgets: { total: { ...room, children: { [line]: room } } },
      offers: Array.from({ length: OFFERS }, (_, n) => ({
        ...offer,
        id: `off-${n}`,
        when: { ...offer.when, category: [`category-${n}`] },
        tiers: offer.tiers.map((tier) => ({ ...tier, quota: Number.MAX_SAFE_INTEGER })),
      })),
    }),
  ]);
}

/** Reservations of that many payments by as many customers. */
function reservations(compiled: CompiledCampaigns, count: number): LedgerOp[] {
  const allow = decision('allow');
  return Array.from({ length: count }, (_, n) =>
    evaluate(
      compiled,
      event({
        id: `payment-${n}`,
        customerId: `customer-${n}`,
        amountMinor: 10_000 + (n % 60_000),
        category: `category-${n % OFFERS}`,
      }),
      allow,
      NO_FACTS,
      'config-version',
    ),
  ).flat();
}

async function run(report: Report): Promise<void> {
  const compiled = manyOffers();
  await evaluation(report, compiled);
  const count = Math.max(1000, Math.round(20_000 * report.scale));
  const ops = reservations(compiled, count);
  const volatile = await startTestRedis();
  const durable = await startTestRedis({ durable: true });
  try {
    await rates(report, volatile, durable, ops);
    await memory(report, volatile, ops);
    await soldOut(report, volatile);
  } finally {
    await volatile.close();
    await durable.close();
  }
  report.didNotMeasure('a Redis on another machine: the way there comes on top of each call');
  report.didNotMeasure('holds, refunds and labels: the tests run them, their share is small');
}

async function evaluation(report: Report, compiled: CompiledCampaigns): Promise<void> {
  const allow = decision('allow');
  const count = Math.round(100_000 * report.scale);
  const events = Array.from({ length: 1000 }, (_, n) =>
    event({ id: `e${n}`, amountMinor: 10_000 + n, category: `category-${n % OFFERS}` }),
  );
  const others = events.map((each) => event({ ...each, id: each.id, channel: 'pos' }));
  const over = (list: readonly ReturnType<typeof event>[]) => (): number => {
    let earned = 0;
    for (let i = 0; i < count; i++)
      earned += evaluate(compiled, list[i % 1000]!, allow, NO_FACTS, 'v').length;
    return earned;
  };
  const result = await compare(
    [
      { name: 'payment that earns', count, run: over(events) },
      { name: 'payment that does not', count, run: over(others) },
    ],
    { rounds: ROUNDS },
  );
  report.section(`evaluation of one event, ${OFFERS} offers live`);
  report.figure('a payment that earns', result.cost('payment that earns', 'cpu'), 'us', {
    atMost: 20,
  });
  report.figure('a payment that does not', result.cost('payment that does not', 'cpu'), 'us');
}

async function rates(
  report: Report,
  volatile: TestRedis,
  durable: TestRedis,
  ops: readonly LedgerOp[],
): Promise<void> {
  const few = ops.slice(0, Math.ceil(ops.length / 10));
  const variant = (
    name: string,
    server: TestRedis,
    list: readonly LedgerOp[],
    size: number,
  ): Variant => {
    const redis = server.connect();
    return {
      name,
      count: list.length,
      prepare: () => clear(redis),
      run: async () => {
        // Each round begins on an empty server, which a ledger with a past refuses.
        const ledger = new Ledger(redis);
        for (let from = 0; from < list.length; from += size) {
          await ledger.apply(list.slice(from, from + size));
        }
        return ledger.sequence();
      },
    };
  };
  const bare = volatile.connect();
  const batched = 'batches, no fsync';
  const result = await compare(
    [
      variant(batched, volatile, ops, ops.length),
      variant('batches, fsync always', durable, ops, ops.length),
      variant('one a call, no fsync', volatile, few, 1),
      variant('one a call, fsync always', durable, few, 1),
      {
        name: 'bare posting script, batches',
        count: ops.length,
        prepare: () => clear(bare),
        run: () => postings(bare, ops as readonly ReserveOp[], BATCH),
      },
    ],
    { rounds: ROUNDS },
  );
  report.section(`reservations, 6 legs each, ${BATCH} a call where in batches`);
  report.note(
    'the bare script only dedupes, adds to the same legs and appends to a stream: no limit, no answer',
  );
  report.comparison(result, 'reservations');
  report.figure('reservations/s in batches', result.rate(batched), '/s', { atLeast: 20_000 });
  report.figure('fsync always / no fsync', result.ratio('batches, fsync always', batched), 'x');
}

async function clear(redis: Redis): Promise<void> {
  await redis.flushall('SYNC');
}

async function memory(report: Report, server: TestRedis, ops: readonly LedgerOp[]): Promise<void> {
  const redis = server.connect();
  const used = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await clear(redis);
  const ledger = new Ledger(redis);
  const before = await used();
  await ledger.apply(ops);
  const withJournal = await used();
  const replay = await timed(() => ledger.apply(ops));
  const drain = await timed(async () => {
    for (let after = 0; ;) {
      const last = (await ledger.drain(after)).at(-1);
      if (last === undefined) return;
      after = last.sequence;
    }
  });
  await ledger.trim(ops.length);
  report.section('the rest');
  report.figure('repeats answered', ops.length / replay.wall, '/s');
  report.figure('journal entries drained', ops.length / drain.wall, '/s');
  report.figure('memory of a grant', ((await used()) - before) / ops.length, 'bytes');
  report.figure(
    'and of its undrained journal entry',
    (withJournal - (await used())) / ops.length,
    'bytes',
  );
}

/** Correctness at full size: a quota of 50,000 and 64 writers, each with a connection of its own. */
async function soldOut(report: Report, server: TestRedis): Promise<void> {
  const quota = Math.round(QUOTA * report.scale);
  const compiled = compileCampaigns([
    campaignSchema.parse({
      id: 'rush',
      title: 'Rush',
      timezone: 'Asia/Shanghai',
      currency: 'CNY',
      window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
      budgets: { total: { limit: 1_000_000_000 } },
      offers: [
        {
          id: 'off',
          title: 'Off',
          budget: 'total',
          tiers: [{ atLeast: 10_000, off: 100 }],
          quota: { max: quota },
          limits: [{ per: ['customer'], max: 1 }],
        },
      ],
    }),
  ]);
  const ops = reservations(compiled, Math.round(quota * 1.2));
  await clear(server.connect());
  const { wall } = await timed(() =>
    Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const ledger = new Ledger(server.connect());
        const own = ops.filter((_op, n) => n % WRITERS === writer);
        for (let from = 0; from < own.length; from += BATCH) {
          await ledger.apply(own.slice(from, from + BATCH));
        }
      }),
    ),
  );
  const [sold] = await new Ledger(server.connect()).balances(['quota/rush/off/all']);
  if (sold!.posted !== quota) throw new Error(`sold ${sold!.posted} of ${quota}`);
  report.figure(`${WRITERS} writers drain a quota of ${quota}: sold`, sold!.posted, 'grants');
  report.figure('at', ops.length / wall, 'operations/s');
}

export const bench: Bench = {
  name: 'ledger',
  summary:
    'reservations on the Lua ledger, in batches against one by one, and a bare posting script',
  run,
};
