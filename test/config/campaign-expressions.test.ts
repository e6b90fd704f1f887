import { describe, expect, test } from 'vitest';
import { problemsWith, type Row } from './campaign-file.ts';

describe('an expression is typed at load, with the place and what to write', () => {
  test.each<Row>([
    [
      'an expression parses',
      ['eligible: event.terms >= 12', 'eligible: event.terms >= '],
      ['c.yaml:99:29: offers.6.eligible: Unexpected token: EOF'],
    ],
    [
      'an expression in quotes has its place',
      ['eligible: event.terms >= 12', 'eligible: "event.terms >= 12 && \\"a\\" == event.channels"'],
      ['c.yaml:99:52: offers.6.eligible: No such key: channels'],
    ],
    [
      'an expression over lines has its place',
      ['event.amount >= 100\n', 'event.amount >= params.spent\n'],
      ['c.yaml:49:32: offers.1.eligible: No such key: spent'],
    ],
    [
      'an expression is of one type',
      ['eligible: event.terms >= 12', "eligible: event.terms >= 'a'"],
      ['c.yaml:99:15: offers.6.eligible: no such overload: int >= string'],
    ],
    [
      'an expression is true or false',
      ['eligible: event.terms >= 12', 'eligible: event.terms'],
      ['c.yaml:99:15: offers.6.eligible: comes to int, and must come to bool'],
    ],
    [
      'a segment exists',
      ['segment.newCard &&\n', 'segment.newCards &&\n'],
      ['c.yaml:48:15: offers.1.eligible: No such key: newCards'],
    ],
    [
      'a segment uses those before it',
      ['newCard: customer.cards == 1', 'newCard: segment.young && customer.cards == 1'],
      ['c.yaml:14:20: segments.newCard: No such key: young'],
    ],
    [
      'a parameter exists',
      ['params.spends', 'params.spend'],
      ['c.yaml:135:42: offers.11.eligible: No such key: spend'],
    ],
    [
      'a list of an expression exists',
      ['event.terms >= 12', "listed(event.merchantId, 'partner')"],
      ['c.yaml:99:40: offers.6.eligible: there is no list "partner"'],
    ],
    [
      'the expression of a bonus is sound',
      ['eligible: birthdayMonth()', 'eligible: birthday()'],
      [
        "c.yaml:115:64: offers.8.points.bonus.eligible: found no matching overload for 'birthday()'",
      ],
    ],
  ])('%s', (_rule, changes, problems) => {
    expect(problemsWith(changes)).toEqual(problems);
  });
});
