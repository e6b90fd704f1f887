import { describe, expect, test } from 'vitest';
import { checkExpression, factsRead, type Wanted } from '../../pipeline/reward/cel.ts';
import type { CustomerFacts } from '../../pipeline/reward/customer-facts.ts';
import { campaigns, FRIDAY_NOON_MS, ops, type EventFacts } from './scenario.ts';

const DAY_MS = 86_400_000;
const NAMES = {
  params: { high: 100_000, city: 'Hangzhou', malls: ['mall-1', 'mall-2'] },
  lists: ['partners'],
  segments: ['newCard'],
};
const problem = (source: string, wanted?: Wanted): string | undefined =>
  checkExpression(source, NAMES, wanted)?.message;

/** Whether an offer with the expression is granted; the errors it met on the way. */
function eligible(
  source: string,
  facts: Partial<EventFacts> = {},
  known: Partial<CustomerFacts> = {},
  campaign: object = {},
): { readonly granted: boolean; readonly errors: number } {
  let errors = 0;
  const compiled = campaigns({
    offer: { eligible: source },
    campaign: {
      params: NAMES.params,
      lists: { partners: ['shop-1'] },
      phases: { wrapup: { from: '2026-11-01T00:00:00+08:00', to: '2026-12-01T00:00:00+08:00' } },
      ...campaign,
    },
    onExpressionError: () => errors++,
  });
  const granted = ops(compiled, { id: 'p', ...facts }, 'allow', known).length === 1;
  return { granted, errors };
}
const holds = (...parameters: Parameters<typeof eligible>): boolean =>
  eligible(...parameters).granted;

describe('an expression reads', () => {
  test.each([
    ['event.amount == 30000 && event.category == "water"', true],
    ['event.type == "payment" && event.accountId != ""', true],
    ['event.merchantId in ["shop-1"]', true],
    ['event.amount >= params.high', false],
    ['params.city == "Hangzhou" && "mall-2" in params.malls', true],
    ['listed(event.merchantId, "partners")', true],
    ['listed("shop-2", "partners")', false],
    ['campaign.from < event.occurredAt && event.occurredAt < campaign.to', true],
    ['month(event.occurredAt) == 11 && hour(event.occurredAt) == 13', true],
    ['customer.payments == 0 && customer.lastPaymentAt == -1', true],
    ['inCampaign.payments == 0 && inPhase.spend == 0', true],
    ['has(event.terms)', false],
  ])('%s: %s', (source, expected) => {
    expect(holds(source)).toBe(expected);
  });

  test('attributes, whole numbers as int and others as double', () => {
    const attributes = { wallet: 'wechat', fee: 1200, rate: 0.5, nested: { tags: ['a', 'b'] } };
    expect(holds('attributes.wallet in ["wechat", "alipay"]', { attributes })).toBe(true);
    expect(holds('event.attributes.fee * 2 == 2400', { attributes })).toBe(true);
    expect(holds('attributes.rate < 1.0', { attributes })).toBe(true);
    expect(holds('"b" in attributes.nested.tags', { attributes })).toBe(true);
  });

  test('what was known of the customer before the event', () => {
    const known: Partial<CustomerFacts> = {
      ...{ payments: 3, tags: ['young'], birthday: '11-02' },
      ...{ profile: { level: 4 }, cardApprovedAtMs: FRIDAY_NOON_MS - 30 * DAY_MS },
      during: (periodId) => ({
        payments: periodId === 'bills' ? 2 : 1,
        // What was ever spent counts in the campaign's currency.
        spendMinor: periodId === 'spend/CNY' ? 90_000 : 500,
        ...{ firstLoginAtMs: undefined, lastPaymentBeforeMs: FRIDAY_NOON_MS - 200 * DAY_MS },
      }),
    };
    expect(holds('customer.payments == 3 && customer.spend == 90000', {}, known)).toBe(true);
    expect(holds('hasTag("young") && !hasTag("family")', {}, known)).toBe(true);
    expect(holds('customer.profile.level >= 4', {}, known)).toBe(true);
    expect(holds('birthdayMonth()', {}, known)).toBe(true);
    expect(holds('withinDays(customer.cardApprovedAt, 30)', {}, known)).toBe(true);
    expect(holds('withinDays(customer.cardApprovedAt, 29)', {}, known)).toBe(false);
    expect(holds('inCampaign.payments == 2 && inPhase.payments == 2', {}, known)).toBe(true);
    expect(
      holds('monthsBetween(inCampaign.lastPaymentBefore, event.occurredAt) >= 6', {}, known),
    ).toBe(true);
  });
});

describe('days and months count local dates', () => {
  const at = (text: string): Partial<EventFacts> => ({ occurredAtMs: Date.parse(text) });
  const approved = (text: string): Partial<CustomerFacts> => ({
    cardApprovedAtMs: Date.parse(text),
  });
  test.each([
    ['2026-03-01T23:00:00+08:00', '2026-03-31T23:59:59.999+08:00', true],
    ['2026-03-01T23:00:00+08:00', '2026-04-01T00:00:00.000+08:00', false],
    ['2026-03-01T23:00:00+08:00', '2026-03-01T22:59:59.999+08:00', false],
    // The last day of the year and the first of March of a leap year's successor.
    ['2026-12-01T00:00:00+08:00', '2026-12-31T23:59:59.999+08:00', true],
    ['2026-01-30T08:00:00+08:00', '2026-03-01T23:59:59.999+08:00', true],
    ['2026-01-30T08:00:00+08:00', '2026-03-02T00:00:00.000+08:00', false],
  ])('approved %s, event %s, within 30 days: %s', (from, to, expected) => {
    const source = 'withinDays(customer.cardApprovedAt, 30)';
    expect(holds(source, at(to), approved(from))).toBe(expected);
  });

  test.each([
    ['2025-08-31T12:00:00+08:00', '2026-02-28T00:00:00.000+08:00', 6],
    ['2025-08-31T12:00:00+08:00', '2026-02-27T23:59:59.999+08:00', 5],
    ['2024-02-29T12:00:00+08:00', '2026-02-28T12:00:00.000+08:00', 24],
  ])('from %s to %s: %i months', (from, to, expected) => {
    const source = `monthsBetween(customer.lastPaymentAt, event.occurredAt) == ${expected}`;
    expect(holds(source, at(to), { lastPaymentAtMs: Date.parse(from) })).toBe(true);
  });

  test('of an unknown time nothing is within days, and no months have passed', () => {
    expect(holds('withinDays(customer.cardApprovedAt, 100000)')).toBe(false);
    expect(holds('monthsBetween(customer.lastPaymentAt, event.occurredAt) == -1')).toBe(true);
  });

  test('somebody born on 29 February has a birthday month in every year', () => {
    const february = at('2026-02-28T12:00:00+08:00');
    expect(holds('birthdayMonth()', february, { birthday: '02-29' })).toBe(true);
    expect(holds('birthdayMonth()', {}, { birthday: '02-29' })).toBe(false);
    expect(holds('birthdayMonth()', february)).toBe(false);
  });
});

describe('a segment', () => {
  const segments = {
    big: 'event.amount >= params.high',
    known: 'segment.big || customer.payments > 0',
  };

  test('may be made of an earlier one', () => {
    const of = (facts: Partial<EventFacts>, known: Partial<CustomerFacts> = {}): boolean =>
      holds('segment.known', facts, known, { segments });
    expect(of({})).toBe(false);
    expect(of({ amountMinor: 100_000 })).toBe(true);
    expect(of({}, { payments: 1 })).toBe(true);
  });

  test('is evaluated once an event however many offers ask, and anew for the next event', () => {
    let errors = 0;
    const compiled = campaigns({
      campaign: { segments: { odd: 'attributes.missing == 1' } },
      offer: { eligible: 'segment.odd || event.amount > 0' },
      offers: [
        {
          ...{ id: 'second', title: 'S', budget: 'total.spend', atLeast: 100, off: 1 },
          eligible: 'segment.odd',
        },
      ],
      onExpressionError: () => errors++,
    });
    expect(ops(compiled, { id: 'p' })).toHaveLength(1);
    expect(errors).toBe(1);
    expect(ops(compiled, { id: 'q', attributes: { missing: 1 } })).toHaveLength(2);
  });

  test('that is made of itself holds for nobody', () => {
    const { granted, errors } = eligible('segment.me', {}, {}, { segments: { me: 'segment.me' } });
    expect({ granted, errors }).toEqual({ granted: false, errors: 1 });
  });
});

describe('an expression that cannot be answered gives nothing and is counted', () => {
  test.each([
    ['attributes.missing == 1', {}],
    ['event.terms >= 12', {}],
    ['attributes.fee * 2 > 1', { attributes: { fee: 'text' } }],
    ['event.amount / 0 > 1', {}],
    ['event.amount * 9223372036854775807 > 0', {}],
    ['attributes.list[5] == 1', { attributes: { list: [1] } }],
  ])('%s', (source, facts) => {
    expect(eligible(source, facts)).toEqual({ granted: false, errors: 1 });
  });

  test('unless the rest of it answers', () => {
    expect(eligible('attributes.missing == 1 || event.amount > 0')).toEqual({
      granted: true,
      errors: 0,
    });
    expect(eligible('has(attributes.missing) && attributes.missing == 1').errors).toBe(0);
  });
});

describe('at load', () => {
  test('a sound expression has no problem', () => {
    expect(problem('segment.newCard && event.amount >= params.high')).toBeUndefined();
    expect(problem('event.amount * 2', 'int')).toBeUndefined();
    expect(problem('attributes.vip')).toBeUndefined();
  });

  test.each([
    ['event.amont > 2', 6],
    ['event.amount > "x"', 0],
    ['event.amount', 0],
    ['segment.nobody', 8],
    ['params.nothing > 1', 7],
    ['unknown > 1', 0],
    ['listed(event.merchantId, "partnrs")', 25],
    ['listed(event.merchantId, event.channel)', 0],
    ['event.amount >', 14],
  ])('%s is refused at character %i', (source, offset) => {
    expect(checkExpression(source, NAMES)?.offset).toBe(offset);
  });

  test('there is no clock, no randomness, no I/O to reach', () => {
    for (const source of [
      'now() > 1',
      'timestamp("2026-01-01T00:00:00Z").getHours() == 1',
      'random() > 1',
      'rand(2) == 1',
      'uuid() == ""',
      'fetch("http://x") == ""',
      'env("HOME") == ""',
      'process.env == ""',
      'globalThis == null',
      'event.constructor == null',
      'event.bind == null',
      'segment.__proto__ == null',
    ]) {
      expect(problem(source), source).toBeDefined();
    }
  });

  test('what takes longer than its text is refused, wherever it stands', () => {
    expect(problem('event.city.matches("(a+)+$")')).toContain('matches');
    expect(problem('[1].exists(x, event.city.matches("a"))')).toContain('matches');
    expect(problem('cel.bind(t, event.city + event.city, t + t == "")')).toContain('bind');
    expect(problem(Array.from({ length: 600 }, () => 'true').join(' && '))).toBeDefined();
  });

  test('it is known which expressions read what is known of the customer', () => {
    expect(factsRead('event.amount > 1 && segment.newCard')).toEqual([]);
    expect(factsRead('customer.payments > 1')).toEqual(['customer']);
    expect(factsRead('[1].exists(x, inPhase.payments > x) || hasTag("a")')).toEqual([
      'inPhase',
      'hasTag',
    ]);
  });
});
