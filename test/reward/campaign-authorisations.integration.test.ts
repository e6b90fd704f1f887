import { describe, expect, test } from 'vitest';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { apply, standing, useLedger } from './ledger-fixture.ts';
import { campaigns, ops, type EventFacts } from './scenario.ts';

useLedger();

const BASE = { title: 'T', budget: 'total.spend' };
const NAMED = { customerId: 'customer-1' };
const NAMELESS = { customerId: undefined };

/** What becomes of an event under a campaign with an offer before the payment. */
function told(settings: Parameters<typeof campaigns>[0] = {}) {
  const offer = { on: ['payment.authorising'], settle: 'preauth', ...settings.offer };
  const compiled = campaigns({ ...settings, offer });
  return (facts: EventFacts): Promise<Grant[]> => apply(ops(compiled, facts));
}

describe('one payment is one payment, whoever it and its authorisation name', () => {
  test.each([
    ['the payment alone names the customer', NAMELESS, NAMED],
    ['the authorisation alone names the customer', NAMED, NAMELESS],
    ['both name the customer', NAMED, NAMED],
    ['neither names the customer', NAMELESS, NAMELESS],
  ])('%s: the discount is given once', async (_name, first, second) => {
    const tell = told();
    await tell({ id: 'auth', type: 'payment.authorising', ...first });
    const paid = await tell({ id: 'pay', attributes: { authorisationId: 'auth' }, ...second });
    expect(new Set(paid.map(({ id }) => id)).size).toBe(1);
    expect(paid.at(-1)).toMatchObject({ state: 'posted' });
    expect(await standing('budget/bills/total')).toEqual([1000, 0]);
  });

  test.each([
    ['the payment alone names the customer', NAMELESS, NAMED],
    ['the authorisation alone names the customer', NAMED, NAMELESS],
  ])('%s: of a group, one offer is given', async (_name, first, second) => {
    const group = { group: 'g', stacking: 'group', limits: [] };
    const rebate = { ...BASE, id: 'rebate', priority: -1, off: 99, ...group };
    const tell = told({ offer: group, offers: [rebate] });
    await tell({ id: 'auth', type: 'payment.authorising', ...first });
    const paid = await tell({ id: 'pay', attributes: { authorisationId: 'auth' }, ...second });
    expect(paid.map(({ offerId, state, reason }) => [offerId, state, reason])).toEqual([
      ['off', 'posted', 'granted'],
      ['off', 'posted', 'granted'],
      ['rebate', 'rejected', 'not_stackable'],
    ]);
    expect(await standing('budget/bills/total')).toEqual([1000, 0]);
  });

  test("another account's payment under the same authorisation neither captures nor takes its place", async () => {
    const tell = told({ offer: { limits: [] } });
    const stranger = { accountId: 'account-2', customerId: 'customer-2' };
    await tell({ id: 'p2', attributes: { authorisationId: 'auth' }, ...stranger });
    await tell({ id: 'auth', type: 'payment.authorising', ...NAMELESS });
    const paid = await tell({ id: 'pay', attributes: { authorisationId: 'auth' }, ...NAMED });
    expect(paid[0]).toMatchObject({ accountId: 'account-1', state: 'posted' });
    expect(await standing('budget/bills/total')).toEqual([2000, 0]);
  });

  test('an authorisation that comes after its payment is no conflict, and reserves nothing', async () => {
    const tell = told();
    await tell({ id: 'pay', attributes: { authorisationId: 'auth' } });
    const late = await tell({ id: 'auth', type: 'payment.authorising' });
    expect(late).toMatchObject([{ eventId: 'pay', state: 'posted', reason: 'granted' }]);
    expect(await standing('budget/bills/total')).toEqual([1000, 0]);
  });

  test('another authorisation under a used id is a conflict all the same', async () => {
    const tell = told();
    await tell({ id: 'auth', type: 'payment.authorising' });
    const other = await tell({ id: 'auth', type: 'payment.authorising', amountMinor: 40_000 });
    expect(other).toMatchObject([{ state: 'rejected', reason: 'id_conflict' }]);
  });

  test('two payments of one authorisation each earn what payments earn', async () => {
    const own = { ...BASE, id: 'own', off: 7 };
    const tell = told({ offers: [own] });
    await tell({ id: 'auth', type: 'payment.authorising' });
    for (const id of ['pay-1', 'pay-2']) {
      const facts = { id, amountMinor: 15_000, attributes: { authorisationId: 'auth' } };
      const grants = await tell(facts);
      expect(grants.find(({ offerId }) => offerId === 'own')).toMatchObject({
        ...{ eventId: id, state: 'posted', amountMinor: 7 },
      });
    }
  });
});
