import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventView } from '../../pipeline/event.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import { NO_FACTS } from '../../pipeline/reward/customer-facts.ts';
import { at, batchFrom, START_MS, type PlainEvent } from '../support/events.ts';
import { bookOf, factsOf, observe, payment, PERIODS, updated } from './book-fixture.ts';
import { expectedFacts, historyOf, plainFacts, type Judged } from './customer-history.ts';

describe('the facts about a customer', () => {
  it('are those of a model that looks at all events, in any order of arrival, blocked payments left out', () => {
    fc.assert(
      fc.property(historyOf(30), (history: readonly Judged[]) => {
        const book = bookOf();
        const batch = batchFrom(history.map(({ event }) => event));
        const view = new EventView(batch, 0);
        for (; view.row < batch.length; view.row++) {
          const { event, verdict } = history[view.row]!;
          const before = expectedFacts(history.slice(0, view.row), event, PERIODS);
          expect(plainFacts(book.of(view), PERIODS)).toEqual(before);
          book.observe(view, verdict);
        }
        for (const { event } of history) {
          view.row = history.findIndex((judged) => judged.event === event);
          expect(plainFacts(book.of(view), PERIODS)).toEqual(
            expectedFacts(history, event, PERIODS),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are those before the event until the event is observed', () => {
    const book = bookOf();
    const view = new EventView(batchFrom([payment(), payment()]), 0);
    expect(book.of(view).payments).toBe(0);
    book.observe(view, 'allow');
    expect(book.of(view).payments).toBe(1);
    view.row = 1;
    expect(book.of(view).payments).toBe(1);
    expect(book.of(view).firstPaymentAtMs).toBe(START_MS);
  });

  it('are nothing for somebody who was never seen, and for a period that nobody named', () => {
    const book = bookOf();
    expect(plainFacts(factsOf(book), PERIODS)).toEqual(plainFacts(NO_FACTS, PERIODS));
    observe(book, [payment()]);
    expect(factsOf(book, { customerId: 'cus-2' }).payments).toBe(0);
    expect(factsOf(book).during('autumn').payments).toBe(0);
  });

  it('tell a customer from an account with the same number, and join accounts of one customer', () => {
    const book = bookOf();
    observe(book, [
      payment({ customerId: '42', accountId: 'a' }),
      payment({ customerId: '42', accountId: 'b' }),
      payment({ customerId: undefined, accountId: '42' }),
      payment({ customerId: 'unknown', accountId: '42' }),
      payment({ customerId: 'unknown', accountId: '42' }),
    ]);
    expect(factsOf(book, { customerId: '42' }).payments).toBe(2);
    expect(factsOf(book, { accountId: '42' }).payments).toBe(3);
    expect(book.size).toBe(2);
  });

  it('are not kept of nobody: strangers who share a placeholder have nothing in common', () => {
    const book = bookOf();
    observe(book, [payment({ customerId: 'unknown', accountId: '0000' })]);
    expect(book.size).toBe(0);
    expect(factsOf(book, { customerId: 'unknown', accountId: '0000' }).payments).toBe(0);
  });

  it('count in a period from its first millisecond to the last before its end', () => {
    const book = bookOf();
    const times = [1999, 2000, 5999, 6000, 7999, 8000];
    observe(
      book,
      times.map((ms) => payment({ occurredAt: at(ms) })),
    );
    expect(factsOf(book).during('spring').payments).toBe(2);
    expect(factsOf(book).during('spring').lastPaymentBeforeMs).toBe(START_MS + 1999);
    expect(factsOf(book).during('spring/wrapup').payments).toBe(2);
    expect(factsOf(book).during('spring/wrapup').lastPaymentBeforeMs).toBe(START_MS + 5999);
  });

  it('count a payment in another currency, but not as spend of the period', () => {
    const book = bookOf();
    observe(book, [
      payment({ occurredAt: at(3000) }),
      payment({ occurredAt: at(3001), amount: 70, currency: 'JPY' }),
      payment({ occurredAt: at(3002), amount: undefined, currency: undefined }),
    ]);
    const { payments, spendMinor } = factsOf(book).during('spring');
    expect([payments, spendMinor]).toEqual([3, 100]);
  });

  it('take what came back since a period began off its spend, in its currency, and never below nothing', () => {
    const book = bookOf();
    const back = (ms: number, amount: number, currency = 'CNY'): PlainEvent => ({
      ...payment({ occurredAt: at(ms), amount, currency }),
      ...{ type: 'refund', refundOf: 'p' },
    });
    const spend = (): number => factsOf(book).during('spring').spendMinor;
    observe(book, [payment({ occurredAt: at(3000) }), back(1999, 10), back(3001, 20, 'JPY')]);
    // One that names no payment is refused.
    observe(book, [{ ...back(3001, 30), refundOf: undefined }]);
    expect(spend()).toBe(100);
    observe(book, [back(3001, 30), back(7000, 40)]);
    expect(spend()).toBe(30);
    observe(book, [back(7001, 1000)]);
    expect(spend()).toBe(0);
  });

  it('keep a payment that is under review, and none that was blocked', () => {
    const book = bookOf();
    observe(book, [payment()], 'block');
    expect(book.size).toBe(0);
    observe(book, [payment()], 'review');
    expect(factsOf(book).payments).toBe(1);
  });
});

describe('a book with a bound', () => {
  it('never holds more, forgets those not seen for longest with their texts, and says so', () => {
    const warned: unknown[] = [];
    const log = { warn: (...args: unknown[]) => void warned.push(args) };
    const book = new CustomerBook({ needed: true, periods: PERIODS, maxCustomers: 100, log });
    const minutes = 60_000;
    for (let n = 0; n < 1000; n++) {
      // Customer 0 is seen all the time.
      for (const customerId of [`c-${n}`, 'c-0']) {
        observe(book, [
          updated(
            { birthday: '05-06' },
            { customerId, id: `${customerId}-${n}`, occurredAt: at(n * minutes) },
          ),
        ]);
      }
      expect(book.size).toBeLessThanOrEqual(100);
    }
    expect(book.dropped).toBe(1000 - book.size);
    expect(factsOf(book, { customerId: 'c-0' }).birthday).toBe('05-06');
    expect(factsOf(book, { customerId: 'c-999' }).birthday).toBe('05-06');
    expect(factsOf(book, { customerId: 'c-899' }).birthday).toBe('');
    // Nobody was forgotten who had been seen after somebody who is still known.
    const known = Array.from(
      { length: 999 },
      (_, n) => factsOf(book, { customerId: `c-${n + 1}` }).birthday,
    );
    expect(known.indexOf('05-06')).toBe(known.lastIndexOf('') + 1);
    expect(warned.length).toBeGreaterThan(0);
    expect(book.bytes).toBeLessThan(4_000_000);
  });

  it('takes up the place of somebody forgotten without a trace of them', () => {
    const book = bookOf({ maxCustomers: 1 });
    observe(book, [
      payment(),
      updated({ tags: ['gold'] }),
      payment({ customerId: 'cus-2', occurredAt: at(60_000_000) }),
    ]);
    expect(plainFacts(factsOf(book), PERIODS)).toEqual(plainFacts(NO_FACTS, PERIODS));
    const facts = factsOf(book, { customerId: 'cus-2' });
    expect([facts.payments, facts.tags, facts.registeredAtMs]).toEqual([1, [], undefined]);
  });

  it('that nobody needs keeps nothing', () => {
    const book = bookOf({ needed: false });
    observe(book, [payment(), updated({ birthday: '05-06' })]);
    expect(factsOf(book)).toBe(NO_FACTS);
    expect([book.size, book.bytes]).toEqual([0, 0]);
  });
});
