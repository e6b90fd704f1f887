import { describe, expect, test } from 'vitest';
import type { CustomerFacts } from '../../pipeline/reward/customer-facts.ts';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { campaigns, ops, type EventFacts } from './scenario.ts';

type Facts = Partial<EventFacts>;

function granted(
  offer: object,
  facts: Facts = {},
  known: Partial<CustomerFacts> = {},
): readonly ReserveOp[] {
  const compiled = campaigns({ offer, placeholders: ['unknown'] });
  return ops(compiled, { id: 'p', ...facts }, 'allow', known) as ReserveOp[];
}
const limitsOf = (limit: object, facts: Facts = {}): readonly string[] | undefined =>
  granted({ limits: [{ max: 1, ...limit }] }, facts)[0]?.limits.map(({ account }) => account);
const at = (text: string): Facts => ({ occurredAtMs: Date.parse(text) });

describe('a right', () => {
  test.each([
    ['campaign', 'limit/bills/off/customer/campaign/customer=customer-1'],
    ['minute', 'limit/bills/off/customer/2026-11-20T13.00/customer=customer-1'],
    ['hour', 'limit/bills/off/customer/2026-11-20T13/customer=customer-1'],
    ['day', 'limit/bills/off/customer/2026-11-20/customer=customer-1'],
    ['week', 'limit/bills/off/customer/2026-W47/customer=customer-1'],
    ['month', 'limit/bills/off/customer/2026-11/customer=customer-1'],
    ['ever', 'limit/-/off/customer/ever/customer=customer-1'],
  ])('by %s is counted in %s', (period, account) => {
    expect(limitsOf({ per: ['customer'], period })).toEqual([account]);
  });

  test('counts what it counts in whatever order the file names the keys', () => {
    const facts = { cardId: 'k' };
    const name = ['limit/bills/off/customer-card/campaign/customer=customer-1/card=k'];
    expect(limitsOf({ per: ['customer', 'card'] }, facts)).toEqual(name);
    expect(limitsOf({ per: ['card', 'customer'] }, facts)).toEqual(name);
  });

  test('for ever is the same right in every campaign that has the offer', () => {
    const offer = { limits: [{ per: ['customer'], period: 'ever', max: 1 }] };
    const [first, second] = ['bills', 'bills-2'].map((id) => {
      const [op] = ops(campaigns({ offer, campaign: { id } }), { id: 'p' }) as [ReserveOp];
      return { id: op.grantId, account: op.limits[0]!.account };
    });
    expect(second!.account).toBe(first!.account);
    expect(second!.id).not.toBe(first!.id);
  });

  test.each([
    ['2026-12-31T23:59:59.999+08:00', '2026-12-31', '2026-W53', '2026-12'],
    ['2026-11-22T15:59:59.999Z', '2026-11-22', '2026-W47', '2026-11'],
    ['2026-11-22T16:00:00.000Z', '2026-11-23', '2026-W48', '2026-11'],
    ['2026-01-01T00:00:00.000+08:00', '2026-01-01', '2026-W01', '2026-01'],
  ])('%s is in %s, %s, %s', (text, day, week, month) => {
    const bucket = (period: string): string =>
      limitsOf({ per: ['customer'], period }, at(text))![0]!.split('/')[4]!;
    expect([bucket('day'), bucket('week'), bucket('month')]).toEqual([day, week, month]);
  });

  test.each([
    ['card', { cardId: 'c/1' }, 'card=c%002f1'],
    ['device', { deviceId: 'd' }, 'device=d'],
    ['ip', { ip: '203.0.113.9' }, 'ip=203.0.113.9'],
    ['merchant', { merchantId: 'm' }, 'merchant=m'],
    ['account', { accountId: 'a' }, 'account=a'],
    ['voucher', { attributes: { voucherId: 'v' } }, 'voucher=v'],
    ['payment', { attributes: { paymentId: 7 } }, 'payment=7'],
    ['inviter', { attributes: { inviterId: 'i' } }, 'inviter=i'],
  ])(
    'by %s is counted under its name, and without one the offer is skipped',
    (key, facts, name) => {
      expect(limitsOf({ per: [key] }, facts)).toEqual([`limit/bills/off/${key}/campaign/${name}`]);
      const without = Object.fromEntries(Object.keys(facts).map((field) => [field, undefined]));
      const empty = 'attributes' in facts ? { attributes: {} } : without;
      expect(limitsOf({ per: [key] }, { accountId: 'unknown', ...empty })).toBeUndefined();
    },
  );

  test('of one person under any name takes a leg of every name there is', () => {
    const perAny = ['customer', 'card', 'device'];
    expect(limitsOf({ perAny })).toEqual([
      'limit/bills/off/any-customer-card-device/campaign/customer=customer-1',
      'limit/bills/off/any-customer-card-device/campaign/card=card-1',
    ]);
    const nobody = { customerId: 'unknown', accountId: 'unknown', cardId: undefined };
    expect(limitsOf({ perAny }, nobody)).toBeUndefined();
    // Known by the account alone, the same name twice is one leg: a right of one is not used up by half.
    expect(limitsOf({ perAny: ['customer', 'account'] }, { customerId: undefined })).toEqual([
      'limit/bills/off/any-customer-account/campaign/account=account-1',
    ]);
    expect(limitsOf({ perAny }, { ...nobody, deviceId: 'd' })).toHaveLength(1);
  });
});

describe('a quota', () => {
  const quotas = (quota: object, facts: Facts = {}): ReserveOp['quotas'] | undefined =>
    granted({ quota: { max: 9, ...quota } }, facts)[0]?.quotas;

  test('of grants is one counter for everybody, for the campaign or each opening', () => {
    expect(quotas({})).toEqual([{ account: 'quota/bills/off/all', limit: 9 }]);
    expect(quotas({ period: 'day' })).toEqual([
      { account: 'quota/bills/off/all/2026-11-20', limit: 9 },
    ]);
  });

  test('of customers counts each of them once, and skips who is nobody', () => {
    expect(quotas({ unit: 'customer' })).toEqual([
      {
        ...{ account: 'quota/bills/off/all', limit: 9 },
        countedBy: 'quota/bills/off/all/customer=customer-1',
      },
    ]);
    const offer = { quota: { max: 9, unit: 'customer' }, limits: [] };
    expect(granted(offer, { customerId: 'unknown', accountId: 'unknown' })).toEqual([]);
  });
});

describe('offers beside each other', () => {
  const gift = {
    ...{ id: 'gift', title: 'Gift', budget: 'total.spend', priority: 90, off: 1, atLeast: 1 },
    limits: [{ per: ['customer'], period: 'campaign', max: 1 }],
  };
  const found = (offer: object, offers: readonly object[], facts: Facts = {}) =>
    ops(campaigns({ offer, offers, placeholders: ['unknown'] }), {
      id: 'p',
      ...facts,
    }) as ReserveOp[];

  test('come in the order of their priority', () => {
    expect(found({}, [gift]).map(({ offerId }) => offerId)).toEqual(['gift', 'off']);
    expect(found({ priority: 91 }, [gift]).map(({ offerId }) => offerId)).toEqual(['off', 'gift']);
  });

  test('of which one closes the other: the customer must not have taken part in it', () => {
    const [first, second] = found({ excludedBy: ['gift'] }, [gift]);
    expect(second!.unless).toEqual([first!.limits[0]!.account]);
    const any = { ...gift, limits: [{ perAny: ['card', 'customer'], period: 'ever', max: 1 }] };
    const [, other] = found({ excludedBy: ['gift'] }, [any]);
    expect(other!.unless).toEqual(['limit/-/gift/any-customer-card/ever/customer=customer-1']);
  });

  test('of one group know each other by their grants; whoever stacks with all knows nobody', () => {
    const group = { group: 'bill', stacking: 'group' };
    const [first, second] = found(group, [{ ...gift, ...group }]);
    expect(first!.rivals).toEqual([second!.grantId]);
    expect(second!.rivals).toEqual([first!.grantId]);
    const [third, fourth] = found({ group: 'bill' }, [{ ...gift, ...group }]);
    expect([third!.rivals, fourth!.rivals]).toEqual([[], []]);
  });
});

describe('a reward for the inviter', () => {
  const refer = {
    ...{
      on: ['referral.joined'],
      to: 'inviter',
      points: 500,
      limits: [{ per: ['inviter'], max: 10 }],
    },
  };
  const joined: Facts = { type: 'referral.joined', amountMinor: undefined, currency: undefined };

  test('belongs to who the event or an earlier one names', () => {
    const named = granted(refer, { ...joined, attributes: { inviterId: 'friend' } })[0]!;
    expect(named).toMatchObject({ beneficiaryId: 'friend', customerId: 'customer-1' });
    expect(named.choices[0]!.values.at(-2)).toMatchObject({ account: 'points/customer=friend' });
    expect(named.limits[0]!.account).toContain('inviter=friend');
    expect(granted(refer, joined, { invitedBy: 'earlier' })[0]).toMatchObject({
      beneficiaryId: 'earlier',
    });
  });

  test('is not given for inviting oneself, nor to nobody', () => {
    expect(granted(refer, joined)).toEqual([]);
    for (const inviterId of ['customer-1', 'unknown', '']) {
      expect(granted(refer, { ...joined, attributes: { inviterId } }), inviterId).toEqual([]);
    }
  });
});
