/** Made-up histories of customers, and the facts that a plain look at all of their events gives. */

import fc from 'fast-check';
import type { Verdict } from '../../pipeline/decide/decision.ts';
import type { CustomerFacts, FactPeriod } from '../../pipeline/reward/customer-facts.ts';
import { at, type PlainEvent } from '../support/events.ts';

export interface Judged {
  readonly event: PlainEvent;
  readonly verdict: Verdict;
}

const ms = fc.oneof(
  fc.integer({ min: -1000, max: 9000 }),
  fc.constantFrom(1999, 2000, 5999, 6000, 7999, 8000),
);
const attributes = fc.oneof(
  fc.record(
    {
      birthday: fc.constantFrom('1990-02-29', '02-29', '12-31', '1985-07-01', 'soon', 7),
      tags: fc.oneof(
        fc.array(fc.constantFrom('gold', 'tab\there', '羊毛', '"q"')),
        fc.constant('gold'),
      ),
      level: fc.integer(),
      note: fc.string({ unit: 'grapheme', maxLength: 8 }),
    },
    { requiredKeys: [] },
  ),
  fc.constant({ text: 'x'.repeat(5000) }),
  fc.record({ inviterId: fc.constantFrom('cus-9', 'a\t"b"\\', '', 7) }, { requiredKeys: [] }),
  fc.constant(undefined),
);
const anyEvent = fc.record({
  type: fc.constantFrom(
    'payment',
    'payment',
    'payment',
    'payment.authorising',
    'refund',
    'login',
    'account.opened',
    'card.approved',
    'card.activated',
    'customer.updated',
    'customer.updated',
    'referral.joined',
    'voucher.redeemed',
  ),
  ms,
  customerId: fc.constantFrom(
    'cus-1',
    'cus-2',
    'acc-1',
    'it\'s\t"odd"\n',
    'unknown',
    '',
    undefined,
  ),
  accountId: fc.constantFrom('acc-1', 'acc-2', '0000000000'),
  amount: fc.option(fc.nat(1e9), { nil: undefined }),
  currency: fc.constantFrom('CNY', 'JPY'),
  refundOf: fc.constantFrom('e-0', 'e-1', '', undefined),
  attributes,
  verdict: fc.constantFrom<Verdict>('allow', 'allow', 'review', 'block'),
});

/** Events of few customers in an order of arrival that says nothing about their times; ids differ. */
export function historyOf(maxLength: number): fc.Arbitrary<readonly Judged[]> {
  return fc.array(anyEvent, { maxLength, size: 'max' }).chain((made) =>
    fc.shuffledSubarray([...made.keys()], { minLength: made.length }).map((ids) =>
      made.map(({ ms: offset, verdict, amount, currency, ...rest }, index) => ({
        event: {
          ...rest,
          id: `e-${ids[index]!}`,
          occurredAt: at(offset),
          ...(amount !== undefined && { amount, currency }),
        },
        verdict,
      })),
    ),
  );
}

/** Facts as plain values, to be compared and printed. */
export function plainFacts(facts: CustomerFacts, periods: readonly FactPeriod[]): unknown {
  return {
    registeredAtMs: facts.registeredAtMs,
    cardApprovedAtMs: facts.cardApprovedAtMs,
    cards: facts.cards,
    activatedAtMs: facts.activatedAtMs,
    firstPaymentAtMs: facts.firstPaymentAtMs,
    lastPaymentAtMs: facts.lastPaymentAtMs,
    payments: facts.payments,
    loginAtMs: facts.loginAtMs,
    invitedBy: facts.invitedBy,
    birthday: facts.birthday,
    tags: facts.tags,
    profile: facts.profile,
    periods: periods.map(({ id }) => {
      const { payments, spendMinor, firstLoginAtMs, lastPaymentBeforeMs } = facts.during(id);
      return { payments, spendMinor, firstLoginAtMs, lastPaymentBeforeMs };
    }),
  };
}

interface Known {
  readonly id: string;
  readonly type: string;
  readonly ms: number;
  readonly amount: number;
  readonly currency: string | undefined;
  readonly refundOf: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What `plainFacts` must give for the customer of an event, from first principles. */
export function expectedFacts(
  history: readonly Judged[],
  who: PlainEvent,
  periods: readonly FactPeriod[],
): unknown {
  const key = keyOf(who);
  const events = history
    .filter(({ event }) => key !== undefined && keyOf(event) === key)
    .filter(({ event, verdict }) => event['type'] !== 'payment' || verdict !== 'block')
    .map(({ event }) => knownOf(event));
  const of = (type: string): Known[] => events.filter((event) => event.type === type);
  const times = (found: readonly Known[]): number[] => found.map((event) => event.ms);
  const paid = of('payment');
  const inviters = of('referral.joined').filter(
    ({ attributes: { inviterId } }) => typeof inviterId === 'string' && inviterId !== '',
  );
  const profile = of('customer.updated').sort(byTimeAndId).at(-1)?.attributes ?? {};
  return {
    registeredAtMs: first(times(of('account.opened'))),
    cardApprovedAtMs: first(times(of('card.approved'))),
    cards: of('card.approved').length,
    activatedAtMs: last(times(of('card.activated'))),
    firstPaymentAtMs: first(times(paid)),
    lastPaymentAtMs: last(times(paid)),
    payments: paid.length,
    loginAtMs: last(times(of('login'))),
    invitedBy: inviters.sort(byTimeAndId)[0]?.attributes['inviterId'] ?? '',
    birthday: birthdayIn(profile['birthday']),
    tags: Array.isArray(profile['tags']) ? profile['tags'] : [],
    profile,
    periods: periods.map(({ fromMs, toMs, currency }) => {
      const within = (event: Known): boolean => event.ms >= fromMs && event.ms < toMs;
      const inPeriod = paid.filter(within);
      const returned = of('refund').filter((event) => event.refundOf !== '' && event.ms >= fromMs);
      const isMoney = (event: Known): boolean =>
        currency === undefined || event.currency === currency;
      return {
        payments: inPeriod.length,
        spendMinor: Math.max(0, sum(inPeriod.filter(isMoney)) - sum(returned.filter(isMoney))),
        firstLoginAtMs: first(times(of('login').filter(within))),
        lastPaymentBeforeMs: last(times(paid.filter((event) => event.ms < fromMs))),
      };
    }),
  };
}

function keyOf({ customerId, accountId }: PlainEvent): string | undefined {
  if (typeof customerId === 'string' && customerId !== '' && customerId !== 'unknown') {
    return `customer ${customerId}`;
  }
  return accountId === '0000000000' ? undefined : `account ${String(accountId)}`;
}

function knownOf(event: PlainEvent): Known {
  const attributes = (event['attributes'] ?? {}) as Record<string, unknown>;
  const tooLong = JSON.stringify(attributes).length > 4096;
  return {
    id: String(event['id']),
    type: String(event['type']),
    ms: Date.parse(String(event['occurredAt'])),
    amount: Number(event['amount'] ?? 0),
    currency: event['currency'] as string | undefined,
    refundOf: (event['refundOf'] ?? '') as string,
    attributes: tooLong ? {} : attributes,
  };
}

function birthdayIn(said: unknown): string {
  return typeof said === 'string' && /^(\d{4}-)?\d\d-\d\d$/.test(said) && said !== '1990-02-29'
    ? said.slice(-5)
    : '';
}

function byTimeAndId(one: Known, other: Known): number {
  return one.ms - other.ms || Buffer.compare(Buffer.from(one.id), Buffer.from(other.id));
}

function sum(events: readonly Known[]): number {
  return events.reduce((total, { amount }) => total + amount, 0);
}

function first(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}

function last(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times);
}
