/** What a customer says of themselves, and who invited them. */

import { describe, expect, it } from 'vitest';
import { at, type PlainEvent } from '../support/events.ts';
import { bookOf, factsOf, observe, updated } from './book-fixture.ts';

describe('a profile', () => {
  it.each([
    ['1990-02-03', '02-03', 0],
    ['02-29', '02-29', 0],
    ['2000-02-29', '02-29', 0],
    ['2001-02-29', '', 1],
    ['02-30', '', 1],
    ['13-01', '', 1],
    ['1990-2-3', '', 1],
    ['', '', 0],
    [null, '', 0],
    [19900203, '', 1],
    [{ day: 3 }, '', 1],
  ])(
    'with the birthday %j is read as %j, and counted as malformed %i times',
    (said, read, times) => {
      const book = bookOf();
      observe(book, [updated({ birthday: said })]);
      expect(factsOf(book).birthday).toBe(read);
      expect(book.malformed).toBe(times);
    },
  );

  it.each([
    [['gold', 'family'], ['gold', 'family'], 0],
    ['gold', [], 1],
    [['gold', 7], [], 1],
    [undefined, [], 0],
  ])('with the tags %j has %j, and is counted as malformed %i times', (said, read, times) => {
    const book = bookOf();
    observe(book, [updated({ tags: said })]);
    expect(factsOf(book).tags).toEqual(read);
    expect(book.malformed).toBe(times);
  });

  it('is the latest one whole: nothing of an older one is left', () => {
    const book = bookOf();
    const older = updated({ birthday: '03-04', tags: ['gold'], city: 'X' }, { occurredAt: at(0) });
    const newer = updated({ level: 3 }, { occurredAt: at(1) });
    for (const order of [
      [older, newer],
      [newer, older],
    ]) {
      const fresh = bookOf();
      observe(fresh, order);
      const { birthday, tags, profile } = factsOf(fresh);
      expect({ birthday, tags, profile }).toEqual({
        birthday: '',
        tags: [],
        profile: { level: 3 },
      });
    }
    observe(book, [updated({ level: 1 }), updated({ level: 2 }, { id: 'e-9', occurredAt: at(0) })]);
    expect(factsOf(book).profile).toEqual({ level: 2 });
  });

  it('longer than the limit is an empty one, and counted', () => {
    const book = bookOf();
    observe(book, [
      updated({ level: 1 }),
      updated({ text: 'x'.repeat(5000) }, { id: 'e-2', occurredAt: at(5) }),
    ]);
    expect(factsOf(book).profile).toEqual({});
    expect(book.malformed).toBe(1);
  });

  it('of several at one instant is that of the id with the larger bytes', () => {
    const [low, high] = ['e-\uffff', 'e-😀'];
    expect(low > high).toBe(true);
    for (const ids of [
      [low, high],
      [high, low],
    ]) {
      const book = bookOf();
      observe(
        book,
        ids.map((id) => updated({ id: `is ${id}` }, { id, occurredAt: at(0) })),
      );
      expect(factsOf(book).profile).toEqual({ id: `is ${high}` });
    }
  });
});

describe('an invitation', () => {
  it('stands with the earliest that names somebody', () => {
    const book = bookOf();
    const joined = (attributes: PlainEvent, ms: number): PlainEvent => ({
      ...updated(attributes, { id: `j-${ms}`, occurredAt: at(ms) }),
      type: 'referral.joined',
    });
    observe(book, [
      joined({ inviterId: 'late' }, 3),
      joined({ inviterId: 'early' }, 2),
      joined({ inviterId: '' }, 1),
      joined({ inviterId: 7 }, 0),
      joined({}, 0),
    ]);
    expect(factsOf(book).invitedBy).toBe('early');
  });
});
