import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../pipeline/decide/decision.ts';
import { Adjustments, type CampaignChange } from '../../pipeline/reward/adjustments.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { apply, standing, useLedger } from './ledger-fixture.ts';
import { campaigns, ops, type EventFacts } from './scenario.ts';

useLedger();

const CAMPAIGN = {
  stock: { cup: { units: 1, costMinor: 3000 } },
  points: { points: 500, worthMinor: 100 },
};
const BASE = { title: 'T', budget: 'total.spend' };
const FREE = { amountMinor: undefined, currency: undefined };

/** What becomes of an event under a campaign: evaluated, then applied. */
function told(settings: Parameters<typeof campaigns>[0]) {
  const compiled = campaigns({ campaign: CAMPAIGN, ...settings });
  return (facts: EventFacts, verdict: Verdict = 'allow'): Promise<Grant[]> =>
    apply(ops(compiled, facts, verdict));
}
const standings = (grants: readonly Grant[]): string[] =>
  grants.map(({ offerId, label, state, reason }) =>
    [offerId, label, state, reason].filter((part) => part !== '').join(' '),
  );

describe('one account of which some payments name the customer and others do not', () => {
  const NAMELESS = { customerId: undefined };
  const NAMED = { customerId: 'customer-1' };
  const customers = { per: ['customer', 'category'], period: 'campaign', max: 1 };
  const accounts = { per: ['account', 'category'], period: 'campaign', max: 1 };

  test.each([
    ['then without', NAMED, NAMELESS],
    ['then with', NAMELESS, NAMED],
  ])('has one right where its limits count accounts too: %s', async (_name, first, second) => {
    const tell = told({ offer: { limits: [customers, accounts] } });
    expect(standings(await tell({ id: 'p1', ...first }))).toEqual(['off posted granted']);
    expect(standings(await tell({ id: 'p2', ...second }))).toEqual(['off rejected limit_reached']);
    expect(standings(await tell({ id: 'p3', ...first, accountId: 'account-2' }))).toEqual([
      first === NAMED ? 'off rejected limit_reached' : 'off posted granted',
    ]);
  });

  test('has two where they count customers alone: who is not named is known by the account', async () => {
    const tell = told({ offer: { limits: [customers] } });
    for (const [id, who] of [
      ['p1', NAMED],
      ['p2', NAMELESS],
    ] as const)
      expect(standings(await tell({ id, ...who }))).toEqual(['off posted granted']);
  });
});

describe('what a campaign asks, the ledger does', () => {
  test('an authorisation is captured once: the payment earns nothing beside it', async () => {
    const tell = told({ offer: { on: ['payment.authorising'], settle: 'preauth' } });
    expect(standings(await tell({ id: 'auth', type: 'payment.authorising' }))).toEqual([
      'off held awaiting_payment',
    ]);
    const paid = await tell({ id: 'pay', attributes: { authorisationId: 'auth' } });
    expect(standings(paid)).toEqual(['off posted granted', 'off posted granted']);
    expect(new Set(paid.map(({ id }) => id)).size).toBe(1);
    expect(await standing('budget/bills/total')).toEqual([1000, 0]);
    const refunded = await tell({ id: 'r', type: 'refund', refundOf: 'pay', amountMinor: 30_000 });
    expect(standings(refunded)).toEqual(['off clawed_back refunded']);
  });

  test('half of a surrogate pair names nothing that the ledger would have to read', async () => {
    const half = 'x\ud800';
    const offer = { limits: [{ perAny: ['customer', 'inviter', 'voucher', 'payment'], max: 1 }] };
    const compiled = campaigns({ campaign: CAMPAIGN, offer });
    const attributes = {
      authorisationId: half,
      grantId: half,
      voucherId: half,
      paymentId: half,
      inviterId: half,
      option: half,
    };
    const list = (['payment', 'claim.submitted', 'choice.made', 'voucher.redeemed'] as const).map(
      (type, index) => ops(compiled, { id: `e${index}`, type, attributes }),
    );
    list.push(ops(compiled, { id: 'e9', customerId: 'c-9' }, 'allow', { invitedBy: half }));
    expect(standings(await apply(list.flat()))).toEqual([
      'off posted granted',
      'rejected grant_not_named',
      'rejected grant_not_named',
      'rejected voucher_not_named',
      'off posted granted',
    ]);
  });

  test('a line that gave away more than the configuration leaves it now pays nothing', async () => {
    const adjustments = new Adjustments();
    const change: CampaignChange = {
      kind: 'add_budget',
      campaignId: 'bills',
      by: 5000,
      line: 'total',
      from: 'total.spend',
    };
    adjustments.apply({ id: 'c1', change, actor: 'li', reason: 'more', issuedAtMs: 0 });
    const tell = told({ spend: 4000, adjustments });
    expect(standings(await tell({ id: 'p' }))).toEqual(['off rejected budget_exhausted']);
  });

  test('a payment without an authorisation earns the offer afterwards', async () => {
    const tell = told({ offer: { on: ['payment.authorising'], settle: 'preauth' } });
    expect(standings(await tell({ id: 'pay' }))).toEqual(['off posted granted']);
  });

  test('who took part in one offer is shut out of the other, on the same payment too', async () => {
    const gift = {
      ...BASE,
      id: 'gift',
      priority: 9,
      off: 1,
      limits: [{ per: ['customer'], max: 1 }],
    };
    const tell = told({ offer: { excludedBy: ['gift'] }, offers: [gift] });
    expect(standings(await tell({ id: 'p' }))).toEqual([
      'gift posted granted',
      'off rejected excluded',
    ]);
    expect(standings(await tell({ id: 'q' }))).toEqual([
      'gift rejected limit_reached',
      'off rejected excluded',
    ]);
  });

  test('of a group the highest that can be had is granted, and no other', async () => {
    const group = { group: 'g', stacking: 'group', limits: [] };
    const dear = { ...BASE, id: 'dear', priority: 9, off: 99, quota: { max: 1 }, ...group };
    const tell = told({ offer: group, offers: [dear] });
    expect(standings(await tell({ id: 'p' }))).toEqual([
      'dear posted granted',
      'off rejected not_stackable',
    ]);
    expect(standings(await tell({ id: 'q' }))).toEqual([
      'dear rejected quota_exhausted',
      'off posted granted',
    ]);
  });

  test('a draw that wins nothing uses the chance up; a prize that is gone falls to the next', async () => {
    const draw = { prizes: [{ id: 'cup', ppm: 1_000_000, goods: { sku: 'cup' } }] };
    const claim = { within: '30d' };
    const tell = told({ offer: { draw, claim, limits: [{ per: ['customer'], max: 1 }] } });
    expect(standings(await tell({ id: 'p' }))).toEqual(['off cup awaiting_claim granted']);
    expect(standings(await tell({ id: 'q' }))).toEqual(['off cup rejected limit_reached']);
    expect(standings(await tell({ id: 'r', customerId: 'c-2' }))).toEqual([
      'off none posted no_prize',
    ]);
    expect(standings(await tell({ id: 's', customerId: 'c-2' }))).toEqual([
      'off cup rejected limit_reached',
    ]);
  });

  test('a prize is claimed by its winner, and by nobody else', async () => {
    const draw = { prizes: [{ id: 'cup', ppm: 1_000_000, goods: { sku: 'cup' } }] };
    const tell = told({ offer: { draw, claim: { within: '30d' } } });
    const [won] = await tell({ id: 'p' });
    const claim: EventFacts = {
      ...{ id: 'c', type: 'claim.submitted', ...FREE, attributes: { grantId: won!.id } },
    };
    expect(standings(await tell({ ...claim, customerId: 'thief' }))).toEqual([
      'rejected not_yours',
    ]);
    expect(standings(await tell({ ...claim, id: 'c2' }))).toEqual(['off cup posted claimed']);
    expect(await standing('stock/bills/cup')).toEqual([1, 0]);
  });

  test('of two options the one in stock is had; the dearest was reserved and the rest returns', async () => {
    const options = [
      { id: 'mall', vouchers: [{ voucher: 'mall', face: 10_000, validFor: '30d' }] },
      { id: 'cup', goods: { sku: 'cup' } },
    ];
    const tell = told({ offer: { choice: { options, within: '30d' } } });
    const choose = (grant: Grant, customerId: string, option: string): EventFacts => ({
      ...{ id: `${customerId}-${option}`, type: 'choice.made', ...FREE, customerId },
      attributes: { grantId: grant.id, option },
    });
    const [first] = await tell({ id: 'p' });
    expect(first!.state).toBe('awaiting_choice');
    expect(await standing('budget/bills/total')).toEqual([0, 10_000]);
    expect(standings(await tell(choose(first!, 'customer-1', 'cup')))).toEqual([
      'off cup posted chosen',
    ]);
    expect(await standing('budget/bills/total')).toEqual([3000, 0]);
    const [second] = await tell({ id: 'q', customerId: 'c-2' });
    expect(standings(await tell(choose(second!, 'c-2', 'cup')))).toEqual(['rejected out_of_stock']);
    expect(standings(await tell(choose(second!, 'c-2', 'mall')))).toEqual([
      'off mall posted chosen',
    ]);
    expect(await standing('budget/bills/total')).toEqual([13_000, 0]);
  });

  test('points are earned, spent on what is in stock, and given back in part with the exchange only', async () => {
    const on = ['redemption.requested'];
    const items = [{ id: 'cup', goods: { sku: 'cup' }, combos: [{ points: 200, cash: 900 }] }];
    const tell = told({
      offer: { points: { perMinor: 100 }, limits: [] },
      offers: [
        { ...BASE, id: 'back', priority: 9, on, points: { ofSpentBp: 500 } },
        { ...BASE, id: 'shop', on, exchange: { items } },
      ],
    });
    const wish = (id: string): EventFacts => ({
      ...{ id, type: 'redemption.requested', amountMinor: 900 },
      attributes: { offerId: 'shop', item: 'cup' },
    });
    expect(standings(await tell(wish('early')))).toEqual([
      'shop cup rejected insufficient_points',
      'back rejected base_missing',
    ]);
    await tell({ id: 'p' });
    expect(await standing('points/customer=customer-1')).toEqual([300, 0]);
    expect(standings(await tell(wish('now')))).toEqual([
      'shop cup posted granted',
      'back posted granted',
    ]);
    expect(await standing('points/customer=customer-1')).toEqual([110, 0]);
    expect(await standing('points-issued/bills')).toEqual([-110, 0]);
  });

  test('only vouchers of the named kinds run longer', async () => {
    const vouchers = [
      { voucher: 'fuel', face: 5, validFor: '7d' },
      { voucher: 'ride', face: 5, validFor: '7d' },
    ];
    const longer = {
      ...BASE,
      id: 'longer',
      on: ['login'],
      extend: { vouchers: ['ride'], by: '30d' },
    };
    const tell = told({ offer: { vouchers }, offers: [longer] });
    const [grant] = await tell({ id: 'p' });
    const ask = (n: number): EventFacts => ({
      ...{ id: `l${n}`, type: 'login', ...FREE, attributes: { voucherId: `${grant!.id}.${n}` } },
    });
    expect(standings(await tell(ask(1)))).toEqual(['rejected voucher_unknown']);
    expect(standings(await tell(ask(2)))).toEqual(['off posted granted']);
  });

  test('a reward for the inviter is the inviter’s', async () => {
    const tell = told({
      offer: {
        on: ['referral.joined'],
        to: 'inviter',
        points: 500,
        limits: [{ per: ['inviter'], max: 1 }],
      },
    });
    const joined = (customerId: string): EventFacts => ({
      ...{ id: customerId, type: 'referral.joined', ...FREE, customerId },
      attributes: { inviterId: 'friend' },
    });
    expect(await tell(joined('c-1'))).toMatchObject([{ beneficiaryId: 'friend', state: 'posted' }]);
    expect(standings(await tell(joined('c-2')))).toEqual(['off rejected limit_reached']);
    expect(await standing('points/customer=friend')).toEqual([500, 0]);
  });
});
