/** Rules that are refused because they would fail, or fall silent, at events of which they should judge. */

import { describe, expect, test } from 'vitest';
import { problemsWith } from './rule-file.ts';

type Row = readonly [what: string, changes: readonly string[], problems: readonly string[]];

describe('a rule that would be an error at every event is refused', () => {
  test.each<Row>([
    [
      'a measure divided by 0',
      ['measure: near\n', 'measure: features.near * 2 / 0\n'],
      ['r.yaml:18:14: near-payments.measure: is divided by 0 at every event'],
    ],
    [
      'a remainder of 0',
      ["listed('night', event.city)", 'event.hour % (params.share - 0.5) == 1'],
      ['r.yaml:17:75: near-payments.when: is divided by 0 at every event'],
    ],
    [
      'a feature by an index',
      ["listed('night', event.city)", "features['near'] > 1"],
      ['r.yaml:17:75: near-payments.when: features is read part by part: write features.NAME'],
    ],
    [
      'all features at once',
      ["listed('night', event.city)", 'event == event'],
      ['r.yaml:17:75: near-payments.when: event is read part by part: write event.NAME'],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });

  test('a text that is doubled again and again', async () => {
    const doubled = "cel.bind(a, event.city, cel.bind(b, a + a, b + b == ''))";
    expect(await problemsWith(["listed('night', event.city)", doubled])).toEqual([
      'r.yaml:17:75: near-payments.when: bind can take longer than its text: write out what it stands for',
    ]);
  });
});

describe('a rule that one absent feature would silence', () => {
  const silent = (place: string, name: string): string =>
    `r.yaml:${place}: ${name} can be absent, which would silence the rule whatever else holds: ask has(features.${name}) here`;

  test.each<Row>([
    [
      'is refused where the other side of an or could answer',
      ['when: has(features.chain)', "when: features.chain < 9000 || event.channel == 'app'"],
      [silent('33:11: quick-claim.when', 'chain')],
    ],
    [
      'is refused where one of both could fail',
      ['when: has(features.chain)', "when: '!(features.chain > 9000 && event.hour > 6)'"],
      [silent('33:14: quick-claim.when', 'chain')],
    ],
    [
      'is refused in a choice',
      ['when: has(features.chain)', "when: '(event.hour > 6 ? features.chain : 1.0) > 0'"],
      [silent('33:30: quick-claim.when', 'chain')],
    ],
    [
      'is refused in the larger of two',
      [
        'when: has(features.chain)',
        '',
        'measure: features.age',
        'measure: max(features.age, features.chain)',
      ],
      [silent('34:18: quick-claim.measure', 'age'), silent('34:32: quick-claim.measure', 'chain')],
    ],
    [
      'is sound where the measure wants the feature anyway',
      [
        'when: has(features.chain)',
        'when: has(features.chain) && (features.age > 9000 || event.hour > 6)',
      ],
      [],
    ],
    [
      'is sound where all sides want what is there at the same events',
      ['measure: near\n', 'measure: max(features.near, features.payments)\n'],
      [],
    ],
    [
      'is sound where the rule asks',
      [
        'when: has(features.chain)',
        'when: has(features.chain) && features.chain < 9000 || event.hour > 6',
      ],
      [],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });
});
