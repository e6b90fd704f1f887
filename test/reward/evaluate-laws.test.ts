import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../pipeline/decide/decision.ts';
import { EVENT_TYPES } from '../../pipeline/event.ts';
import { checkExpression } from '../../pipeline/reward/cel.ts';
import type { CustomerFacts } from '../../pipeline/reward/customer-facts.ts';
import type { LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { campaigns, FRIDAY_NOON_MS, ops, type EventFacts } from './scenario.ts';

const NAMES = { params: { high: 5, names: ['a'] }, lists: ['partners'], segments: ['some'] };
const CAMPAIGN = {
  params: NAMES.params,
  lists: { partners: ['shop-1'] },
  segments: { some: 'attributes.a == 1 || customer.payments > 2' },
  stock: { cup: { units: 5, costMinor: 300 } },
  points: { points: 500, worthMinor: 100 },
  calendar: 'cn',
};
const BASE = { title: 'T', budget: 'total.spend', on: [...EVENT_TYPES] };
const BENEFITS: readonly object[] = [
  { off: { percentBp: 1234, cap: 99_999 } },
  { cashback: { bp: 7 } },
  { feeCut: { of: 'attributes.a', factorBp: 8000 } },
  { points: { perMinor: 3, rateBp: 100_000, bonus: { eligible: 'segment.some', addBp: 9 } } },
  { points: { ofSpentBp: 100 } },
  { vouchers: [{ voucher: 'v', face: 5, count: 2, validFor: '3wd' }], to: 'inviter' },
  { goods: { sku: 'cup' }, claim: { within: '2wd', anchor: 'grant' } },
  {
    draw: {
      prizes: [{ id: 'a', ppm: 500_000, goods: { sku: 'cup' } }],
      none: { ppm: 500_000 },
    },
  },
  {
    choice: {
      options: [
        { id: 'a', off: 5 },
        { id: 'b', goods: { sku: 'cup' } },
      ],
      within: '5d',
    },
  },
  {
    exchange: { items: [{ id: 'a', goods: { sku: 'cup' }, combos: [{ points: 5, cash: 1 }] }] },
  },
  { extend: { vouchers: ['v'], by: '30d' } },
];

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
  fc.constantFrom<unknown>('a', 'offer-9', 'offer-9', 0, 1, -1, 1e300, '', null, '__proto__'),
);
const text = fc.option(fc.oneof(fc.string(), fc.constantFrom('water', 'CNY', 'a/b=c %')), {
  nil: undefined,
});
const anyEvent: fc.Arbitrary<EventFacts> = fc.record({
  id: fc.string({ minLength: 1 }),
  type: fc.constantFrom(...EVENT_TYPES),
  occurredAtMs: fc.integer({ min: FRIDAY_NOON_MS - 1e10, max: FRIDAY_NOON_MS + 3e9 }),
  accountId: fc.oneof(fc.string(), fc.constant('account-1')),
  customerId: text,
  cardId: text,
  deviceId: text,
  ip: text,
  merchantId: text,
  category: text,
  channel: text,
  instrument: text,
  currency: fc.oneof(text, fc.constant('CNY')),
  refundOf: text,
  city: text,
  amountMinor: fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
  terms: fc.option(fc.nat(), { nil: undefined }),
  attributes: fc.dictionary(
    fc.constantFrom('a', 'offerId', 'item', 'combo', 'grantId', 'option', 'voucherId', 'inviterId'),
    anything,
  ),
});
const anyFacts: fc.Arbitrary<Partial<CustomerFacts>> = fc.record({
  payments: fc.nat(),
  lastPaymentAtMs: fc.option(fc.nat({ max: FRIDAY_NOON_MS }), { nil: undefined }),
  birthday: fc.constantFrom('', '02-29', '12-31'),
  invitedBy: fc.string(),
  tags: fc.array(fc.string()),
  profile: fc.dictionary(fc.string(), anything),
});
const anyVerdict = fc.constantFrom<Verdict>('allow', 'review', 'block');

/** Expressions of every shape that the grammar gives, sound ones among them. */
const { expression } = fc.letrec<{ expression: string; value: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('segment.some', 'birthdayMonth()', 'has(event.terms)', 'attributes.a'),
    fc
      .tuple(tie('value'), fc.constantFrom('==', '!=', '<', '>=', 'in'), tie('value'))
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('expression').map((inner) => `!(${inner})`),
  ),
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom('event.amount', 'event.terms', 'event.merchantId', 'attributes.a', 'params'),
    fc.constantFrom('params.high', 'params.names', 'customer.lastPaymentAt', 'inPhase.payments'),
    fc.constantFrom('1', '-1', '0', '9223372036854775807', '1.5', '"a"', '[1]', 'null', 'true'),
    fc
      .tuple(tie('value'), fc.constantFrom('+', '-', '*', '/', '%'), tie('value'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('value').map((inner) => `month(${inner})`),
    tie('value').map((inner) => `size(${inner})`),
  ),
}));

describe('no event makes evaluation throw', () => {
  const compiled = campaigns({
    offer: { ...BASE, off: 1, eligible: 'segment.some && attributes.a > 0' },
    offers: BENEFITS.map((benefit, index) => ({
      ...{ ...BASE, id: `offer-${index}`, limits: [{ per: ['customer'], max: 1 }] },
      ...benefit,
    })),
    campaign: CAMPAIGN,
  });

  const seen = new Set<string>();

  test('whatever its fields, its attributes, the verdict and what is known of the customer', () => {
    fc.assert(
      fc.property(anyEvent, anyVerdict, anyFacts, (facts, verdict, known) => {
        for (const op of ops(compiled, facts, verdict, known)) {
          seen.add(op.kind === 'reserve' ? op.offerId : op.kind);
          check(op);
        }
      }),
      { numRuns: 600 },
    );
    expect(seen.size).toBeGreaterThan(10);
  });

  test('and the same event has the same answer', () => {
    fc.assert(
      fc.property(anyEvent, anyVerdict, anyFacts, (facts, verdict, known) => {
        const first = ops(compiled, facts, verdict, known);
        ops(compiled, { id: 'another', type: 'login' }, 'allow');
        expect(ops(compiled, facts, verdict, known)).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  /** What the ledger relies on: integers, something to choose, and books that balance. */
  function check(op: LedgerOp): void {
    if (op.kind !== 'reserve') return;
    expect(op.choices.length).toBeGreaterThan(0);
    for (const { amountMinor, values } of [...op.choices, ...optionsOf(op)]) {
      expect(Number.isSafeInteger(amountMinor) && amountMinor >= 0).toBe(true);
      for (const { by } of values) expect(Number.isSafeInteger(by) && by !== 0).toBe(true);
      const sum = (prefixes: readonly string[]): number =>
        values
          .filter(({ account }) => prefixes.some((prefix) => account.startsWith(prefix)))
          .reduce((total, { by }) => total + by, 0);
      expect(sum(['budget/bills/total.spend', 'payable/'])).toBe(0);
      expect(sum(['points/', 'points-issued/'])).toBe(0);
    }
    for (const { account } of [...op.limits, ...op.quotas]) expect(account).not.toMatch(/\s/);
  }

  function optionsOf({ next }: ReserveOp): ReserveOp['choices'] {
    return next?.kind === 'choice' ? next.options : [];
  }
});

describe('no expression makes evaluation throw', () => {
  test('of any shape: it is refused at load, or it answers, or it counts as no', () => {
    let sound = 0;
    fc.assert(
      fc.property(expression, anyEvent, anyFacts, (source, facts, known) => {
        if (checkExpression(source, NAMES) !== undefined) return;
        sound++;
        const compiled = campaigns({
          offer: { ...BASE, eligible: source, limits: [] },
          campaign: CAMPAIGN,
        });
        ops(compiled, { ...facts, type: 'login' }, 'allow', known);
      }),
      { numRuns: 300 },
    );
    expect(sound).toBeGreaterThan(30);
  });

  test('of any text: it is refused at load or it is sound', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (source) => {
        const problem = checkExpression(source, NAMES);
        if (problem !== undefined) expect(problem.offset).toBeLessThanOrEqual(source.length);
      }),
      { numRuns: 600 },
    );
  });
});
