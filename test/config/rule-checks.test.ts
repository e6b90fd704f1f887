import { describe, expect, test } from 'vitest';
import { problemsWith } from './rule-file.ts';

type Row = readonly [what: string, changes: readonly string[], problems: readonly string[]];

describe('an expression that cannot be evaluated is refused with its place', () => {
  test.each<Row>([
    [
      'an expression that does not parse',
      ['measure: near\n', 'measure: features.near +\n'],
      ['r.yaml:18:29: near-payments.measure: Unexpected token: EOF'],
    ],
    [
      'an unknown feature',
      ['measure: near\n', 'measure: features.nearby\n'],
      ['r.yaml:18:23: near-payments.measure: No such key: nearby'],
    ],
    [
      'an unknown name',
      ['measure: near\n', 'measure: nearby\n'],
      ['r.yaml:18:14: near-payments.measure: Unknown variable: nearby'],
    ],
    [
      'an unknown field of the event',
      ['event.city', 'event.town'],
      ['r.yaml:17:97: near-payments.when: No such key: town'],
    ],
    [
      'an unknown parameter',
      ['params.share &&', 'params.part &&'],
      ['r.yaml:17:38: near-payments.when: No such key: part'],
    ],
    [
      'an unknown list',
      ["'night'", "'nights'"],
      ['r.yaml:17:82: near-payments.when: there is no list "nights": write lists/nights.txt'],
    ],
    [
      'a list by no fixed name',
      ["listed('night', event.city)", "listed(event.city, 'night')"],
      ['r.yaml:17:75: near-payments.when: listed wants a list by its name first'],
    ],
    [
      'a condition that is a number',
      ['when: has(features.chain)', 'when: features.chain'],
      ['r.yaml:33:11: quick-claim.when: comes to double, and must come to bool'],
    ],
    [
      'a measure that is a truth',
      ['measure: near\n', 'measure: features.near >= 3\n'],
      ['r.yaml:18:14: near-payments.measure: comes to bool, and must come to double'],
    ],
    [
      'numbers compared with texts, behind numbers',
      ['features.large < 1000000 &&', "features.large < 1000000 && event.hour == 'night' &&"],
      ['r.yaml:17:75: near-payments.when: no such overload: double == string'],
    ],
    [
      'a regular expression',
      ["listed('night', event.city)", "event.city.matches('^(a+)+$')"],
      [
        'r.yaml:17:75: near-payments.when: matches can take longer than its text: use startsWith, endsWith, contains, == or listed',
      ],
    ],
    [
      'a loop',
      ["listed('night', event.city)", '[1, 2].exists(x, x > event.hour)'],
      ['r.yaml:17:75: near-payments.when: exists can take longer than its text: use in or listed'],
    ],
    [
      'the time zone of the process',
      ["listed('night', event.city)", 'timestamp(0).getHours() > 3'],
      [
        'r.yaml:17:75: near-payments.when: timestamp depends on the time zone of the process: use event.hour, event.minute or event.weekday',
      ],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });
});

describe('a rule that can never fire is refused', () => {
  test.each<Row>([
    [
      'a condition that cannot hold: an hour',
      ["listed('night', event.city)", 'event.hour >= 24'],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: bounds that exclude each other',
      ['features.large < 1000000 &&', 'features.large < 1000000 && features.large > 1000000 &&'],
      ['r.yaml:17:11: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: false',
      ["listed('night', event.city)", 'false'],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a type that is not judged',
      ["listed('night', event.city)", "event.type == 'refund'"],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: an age beyond its window',
      ['when: has(features.chain)', 'when: has(features.chain) && features.age > 700000000'],
      ['r.yaml:33:34: quick-claim.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: the only type that is judged, denied',
      ["listed('night', event.city)", "event.type != 'payment'"],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: the only type that is judged, negated',
      ["listed('night', event.city)", "!(event.type == 'payment')"],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a list of types that are not judged',
      ["listed('night', event.city)", "event.type in ['login', 'refund']"],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a list of hours that there are not',
      ["listed('night', event.city)", 'event.hour in [24, 25]'],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: an empty list',
      ["listed('night', event.city)", 'event.channel in []'],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a text that is another',
      ["listed('night', event.city)", "'a' == 'b'"],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a text that is not itself',
      ["listed('night', event.city)", "'a' != 'a'"],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a name that is not itself',
      ["listed('night', event.city)", 'event.hour != event.hour'],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: an amount that no event has',
      ["listed('night', event.city)", 'event.amountMinor > 200000000000'],
      ['r.yaml:17:75: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a text that is two',
      ["listed('night', event.city)", "event.channel == 'a' && event.channel == 'b'"],
      ['r.yaml:17:11: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a text in two lists without a common member',
      ["listed('night', event.city)", "event.channel in ['a', 'b'] && event.channel in ['c']"],
      ['r.yaml:17:11: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a condition that cannot hold: a text that is denied',
      ["listed('night', event.city)", "event.channel != 'a' && event.channel == 'a'"],
      ['r.yaml:17:11: near-payments.when: can never hold, so the rule can never fire'],
    ],
    [
      'a window of amounts that no event has',
      ['{ atLeast: 20000, atMost: 20500 }', '{ atLeast: 200000000000 }'],
      [
        'r.yaml:14:94: near-payments.features.near.where.amountMinor: no event can pass: amountMinor lies between 0 and 100000000000',
      ],
    ],
    [
      'a step at a latitude that is on no globe',
      [
        'steps: [{ on: [account.opened] },',
        'steps: [{ on: [account.opened], where: { latitude: { atLeast: 91 } } },',
      ],
      [
        'r.yaml:32:79: quick-claim.features.chain.sequence.steps.0.where.latitude: no event can pass: latitude lies between -90 and 90',
      ],
    ],
    [
      'a band beyond every amount',
      [
        'measure: near\n',
        'measure: features.large + 0.0 * features.near\n',
        'block: 6',
        'block: 1000001',
      ],
      [
        'r.yaml:19:32: near-payments.bands.block: beyond 999999.9999999999, the largest value the measure can take',
      ],
    ],
    [
      'bands out of order',
      ['{ review: 3, block: 6 }', '{ review: 6, block: 3 }'],
      ['r.yaml:19:32: near-payments.bands.block: must be at least 6, the review band'],
    ],
    [
      'bands out of order where smaller is worse',
      ['{ review: 60000 }', '{ review: 60000, block: 70000 }'],
      ['r.yaml:35:36: quick-claim.bands.block: must be at most 60000, the review band'],
    ],
    [
      'no band',
      ['{ review: 3, block: 6 }', '{}'],
      [
        'r.yaml:19:12: near-payments.bands: no measure has a band, so it can never fire: give it one or set mode: off',
      ],
    ],
    [
      'an unknown band',
      ['{ review: 3, block: 6 }', '{ review: 3, deny: 6 }'],
      ['r.yaml:19:25: unknown key "deny"'],
    ],
    [
      'a negative band',
      ['{ review: 3, block: 6 }', '{ review: -3 }'],
      ['r.yaml:19:22: near-payments.bands.review: Too small: expected number to be >=0'],
    ],
    [
      'a band beyond what the condition leaves',
      ['features.large < 1000000 &&', 'features.large < 1000000 && features.near <= 5 &&'],
      ['r.yaml:19:32: near-payments.bands.block: beyond 5, the largest value the measure can take'],
    ],
    [
      'a band beyond the measure',
      ['measure: near\n', 'measure: min(features.near, 4.0)\n'],
      ['r.yaml:19:32: near-payments.bands.block: beyond 4, the largest value the measure can take'],
    ],
    [
      'a band below the measure',
      ['has(features.chain)', 'has(features.chain) && features.age >= 90000'],
      [
        'r.yaml:35:22: quick-claim.bands.review: below 90000, the smallest value the measure can take',
      ],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });
});
