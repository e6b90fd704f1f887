/** A book of customers, the events it is told of, and what it answers. */

import type { Verdict } from '../../pipeline/decide/decision.ts';
import { EventView } from '../../pipeline/event.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import type { CustomerFacts, FactPeriod } from '../../pipeline/reward/customer-facts.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { batchFrom, START_MS, type PlainEvent } from '../support/events.ts';

export const PERIODS: readonly FactPeriod[] = [
  { id: 'spring', fromMs: START_MS + 2000, toMs: START_MS + 6000, currency: 'CNY' },
  { id: 'spring/wrapup', fromMs: START_MS + 6000, toMs: START_MS + 8000 },
];

export function bookOf(options: { maxCustomers?: number; needed?: boolean } = {}): CustomerBook {
  return new CustomerBook({
    needed: true,
    periods: PERIODS,
    maxCustomers: 1000,
    log: silentLogger(),
    ...options,
  });
}

/** Observes the events in order. */
export function observe(
  book: CustomerBook,
  events: readonly PlainEvent[],
  verdict: Verdict = 'allow',
): void {
  const batch = batchFrom(events);
  const view = new EventView(batch, 0);
  for (; view.row < batch.length; view.row++) book.observe(view, verdict);
}

export function factsOf(
  book: CustomerBook,
  who: PlainEvent = { customerId: 'cus-1' },
): CustomerFacts {
  const event = { type: 'login', accountId: 'acc-1', ...who };
  return book.of(new EventView(batchFrom([event]), 0));
}

export const payment = (overrides: PlainEvent = {}): PlainEvent => ({
  type: 'payment',
  accountId: 'acc-1',
  customerId: 'cus-1',
  amount: 100,
  currency: 'CNY',
  ...overrides,
});
export const updated = (attributes: PlainEvent, overrides: PlainEvent = {}): PlainEvent => ({
  type: 'customer.updated',
  accountId: 'acc-1',
  customerId: 'cus-1',
  attributes,
  ...overrides,
});
