import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { campaignSchema } from '../../config/campaign-schema.ts';
import { rewardsOf } from '../../pipeline/answers.ts';
import { EventView } from '../../pipeline/event.ts';
import type { Quote } from '../../pipeline/http/quote.ts';
import { quoteFrom } from '../../pipeline/quote.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import { evaluate } from '../../pipeline/reward/evaluate.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { LiveCampaigns } from '../../pipeline/reward/live-campaigns.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { decision, DRAW_KEY } from '../reward/scenario.ts';
import { Crowd, TRIAL, type Fields } from '../start/trial-campaign.ts';
import { batchFrom, testDecoder } from '../support/events.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const ARRIVED_MS = Date.parse('2026-11-20T12:00:00Z');
const campaigns = new LiveCampaigns([campaignSchema.parse(TRIAL)], { drawKey: DRAW_KEY });
const customers = new CustomerBook({
  ...{ needed: false, periods: [], maxCustomers: 1, log: silentLogger() },
});
const currencyOf = (): string => 'CNY';

let redis: TestRedis;
let ledger: Ledger;
let crowd: Crowd;
const frozen = new Set<string>();
beforeAll(async () => {
  redis = await startTestRedis();
});
beforeEach(async () => {
  await redis.connect().flushall();
  ledger = new Ledger(redis.connect());
  crowd = new Crowd();
  frozen.clear();
});
afterAll(() => redis.close());

function quoting(): (event: Fields | string) => Promise<Quote> {
  const quote = quoteFrom({
    ...{
      decoder: testDecoder(),
      campaigns,
      customers,
      ledger,
      configVersion: () => 'v1',
      currencyOf,
    },
    isFrozen: (accountId) => frozen.has(accountId),
  });
  return (event) =>
    quote(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)), ARRIVED_MS);
}

/** What the event earns when it comes. */
async function grant(event: Fields): Promise<readonly Grant[]> {
  const view = new EventView(batchFrom([event], { receivedAtMs: ARRIVED_MS }), 0);
  const facts = customers.of(view);
  const ops = evaluate(campaigns.compiled, view, decision('allow'), facts, 'v1');
  return (await ledger.apply(ops)).flat();
}

/** Everything that the server holds. */
async function everything(): Promise<unknown> {
  const connection = redis.connect();
  const keys = (await connection.keys('*')).toSorted();
  const dumps = await Promise.all(keys.map((key) => connection.dumpBuffer(key)));
  return keys.map((key, index) => [key, dumps[index]!.toString('hex')]);
}

const KINDS = ['bill', 'mall', 'till', 'points', 'pack', 'gift', 'proof'] as const;

describe('a quote', () => {
  it.each(KINDS)(
    'says what %s would earn as its event then does, refusals too, and changes nothing',
    async (kind) => {
      const quote = quoting();
      // The third meets an empty quota or budget, the repeat its own limit.
      for (const who of ['a', 'b', 'c', 'a']) {
        const event = crowd.of(kind, who);
        const before = await everything();
        const quoted = await quote(event);
        expect(await everything()).toEqual(before);
        const rewards = rewardsOf({ currencyOf }, await grant(event));
        expect(rewards).not.toEqual([]);
        expect(quoted).toMatchObject({ kind: 'quoted', eventId: event.id, rewards });
      }
    },
  );

  it('is no event: what it earns nothing of is told and not counted', async () => {
    const counted = campaigns.compiled.terms[0]!.ineligible;
    counted.take();
    const small = crowd.of('bill', 'a', { amount: 1 });
    expect(await quoting()(small)).toMatchObject({ kind: 'quoted', rewards: [] });
    expect(counted.take()).toEqual([]);
    await grant(small);
    expect(counted.take()).not.toEqual([]);
  });

  it('of a draw announces it and tells nothing of its outcome, so that no event can be chosen that wins', async () => {
    const quote = quoting();
    const outcomes = new Set<string>();
    for (let draws = 0; draws < 20; draws++) {
      const event = crowd.of('draw');
      const quoted = await quote(event);
      const [drawn] = await grant(event);
      outcomes.add(drawn!.label);
      const { id: grantId } = drawn!;
      const reward = { grantId, offerId: 'draw', label: '', state: 'posted', reason: 'granted' };
      const untold = { ...reward, amountMinor: 0, currency: 'CNY', award: [] };
      expect(quoted).toMatchObject({ kind: 'quoted', eventId: event.id, rewards: [untold] });
      // Nor is it told with a refusal, which a second chance meets.
      const { customerId, accountId } = event;
      const again = { ...crowd.of('draw'), customerId, accountId };
      const refusal = { state: 'rejected', reason: 'limit_reached', label: '', amountMinor: 0 };
      expect(await quote(again)).toMatchObject({ rewards: [refusal] });
    }
    expect([...outcomes].toSorted()).toEqual(['none', 'top']);
  });

  it('says what a claim and the payment of an authorisation would do', async () => {
    const quote = quoting();
    const [gift] = await grant(crowd.of('gift', 'a'));
    const claim = crowd.of('gift', 'a', {
      type: 'claim.submitted',
      attributes: { grantId: gift!.id },
    });
    const stranger = { ...claim, id: 'x', customerId: 'c-z', accountId: 'a-z' };
    expect(await quote(stranger)).toMatchObject({ rewards: [{ reason: 'not_yours' }] });
    expect(await quote(claim)).toMatchObject({ rewards: [{ state: 'posted', reason: 'claimed' }] });
    const authorisation = crowd.of('till', 'b');
    await grant(authorisation);
    const payment = crowd.of('till', 'b', {
      type: 'payment',
      attributes: { authorisationId: authorisation.id },
    });
    expect(await quote(payment)).toMatchObject({ rewards: [{ offerId: 'till', state: 'posted' }] });
    // None of it happened.
    expect((await ledger.grant(gift!.id))!.state).toBe('awaiting_claim');
    const rewards = rewardsOf({ currencyOf }, await grant(payment));
    expect(rewards).toMatchObject([{ offerId: 'till', state: 'posted' }]);
  });

  it('for a frozen account says that risk stands in the way', async () => {
    const quote = quoting();
    const event = crowd.of('bill', 'a');
    frozen.add(String(event['accountId']));
    expect(await quote(event)).toMatchObject({
      kind: 'quoted',
      rewards: [{ offerId: 'bill', state: 'voided', reason: 'account_frozen' }],
    });
  });

  it('of many at once answers each its own', async () => {
    const quote = quoting();
    const events = Array.from({ length: 20 }, () => crowd.of('points'));
    const quotes = await Promise.all(events.map((event) => quote(event)));
    expect(quotes.map((each) => each.kind === 'quoted' && each.eventId)).toEqual(
      events.map(({ id }) => id),
    );
  });

  it('of what is no event is refused with its reason, and no quote comes while Redis is away', async () => {
    const quote = quoting();
    expect(await quote('{')).toMatchObject({ kind: 'refused', reason: 'not_json' });
    const event = crowd.of('bill');
    await redis.kill();
    expect(await quote(event)).toMatchObject({ kind: 'unavailable' });
    await redis.start();
  });
});
