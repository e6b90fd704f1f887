import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../../pipeline/event.ts';
import { KEY_FIELDS, NUMBER_FIELDS } from '../../pipeline/event-fields.ts';
import { problemsWith } from './rule-file.ts';

type Row = readonly [what: string, changes: readonly string[], problems: readonly string[]];

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join('|');
const TYPES = quoted(EVENT_TYPES);
const KEYS = quoted(KEY_FIELDS);
const NUMBERS = quoted(NUMBER_FIELDS);

describe('a feature that cannot be measured is refused with its place', () => {
  test.each<Row>([
    [
      'a feature that measures nothing',
      [
        '{ count: true, key: accountId, on: [payment], window: 10m }',
        '{ key: accountId, on: [payment], window: 10m }',
      ],
      [
        'r.yaml:2:13: features.payments: write one of count, sum, min, max, mean, stddev, last, previous, distinct, age, gap, rate, bucket, sequence, absence, lastSeen, network, ratio',
      ],
    ],
    [
      'a feature that measures twice',
      ['{ max: amountMinor,', '{ max: amountMinor, min: amountMinor,'],
      [
        'r.yaml:15:14: near-payments.features.large: write one of count, sum, min, max, mean, stddev, last, previous, distinct, age, gap, rate, bucket, sequence, absence, lastSeen, network, ratio, not min and max together',
      ],
    ],
    [
      'an unknown aggregate',
      ['{ max: amountMinor,', '{ median: amountMinor,'],
      ['r.yaml:15:16: unknown key "median"'],
    ],
    [
      'an aggregate of an unknown field',
      ['{ max: amountMinor,', '{ max: amount,'],
      [
        `r.yaml:15:21: near-payments.features.large.max: Invalid option: expected one of ${NUMBERS}`,
      ],
    ],
    [
      'an unknown key field',
      ['key: [ip, merchantId]', 'key: [ip, merchant]'],
      [`r.yaml:15:44: near-payments.features.large.key.1: Invalid option: expected one of ${KEYS}`],
    ],
    [
      'a key that is missing',
      ['key: [ip, merchantId], ', ''],
      ['r.yaml:15:14: near-payments.features.large.key: is missing'],
    ],
    [
      'an unknown event type of a feature',
      ['key: [ip, merchantId], on: [payment]', 'key: [ip, merchantId], on: [pay]'],
      [`r.yaml:15:62: near-payments.features.large.on.0: Invalid option: expected one of ${TYPES}`],
    ],
    [
      'a window that is missing',
      [', window: 1h }', ' }'],
      ['r.yaml:15:14: near-payments.features.large.window: is missing'],
    ],
    [
      'a window of zero',
      ['window: 1h }', 'window: 0s }'],
      [
        'r.yaml:15:80: near-payments.features.large.window: a window is longer than 0 and at most 21d',
      ],
    ],
    [
      'a window over the limit',
      ['window: 1h }', 'window: 22d }'],
      [
        'r.yaml:15:80: near-payments.features.large.window: a window is longer than 0 and at most 21d',
      ],
    ],
    [
      'a window without a unit',
      ['window: 1h }', 'window: 60 }'],
      [
        'r.yaml:15:80: near-payments.features.large.window: Invalid input: expected string, received number',
      ],
    ],
    [
      'a misspelt unit',
      ['window: 1h }', 'window: 1 hour }'],
      [
        'r.yaml:15:80: near-payments.features.large.window: write a duration such as 30s, 10m, 24h or 7d',
      ],
    ],
    [
      'a filter on an unknown field',
      ['where: { amountMinor:', 'where: { amount:'],
      ['r.yaml:14:81: unknown key "amount"'],
    ],
    [
      'a filter that nothing passes',
      ['atMost: 20500', 'atMost: 10500'],
      [
        'r.yaml:14:120: near-payments.features.near.where.amountMinor.atMost: is below 20000: no event can pass',
      ],
    ],
    [
      'a filter without a bound',
      ['{ atLeast: 20000, atMost: 20500 }', '{}'],
      [
        'r.yaml:14:94: near-payments.features.near.where.amountMinor: write atLeast, atMost or both',
      ],
    ],
    [
      'a filter of a text without its texts',
      ['amountMinor: { atLeast: 20000, atMost: 20500 }', 'category: { in: [] }'],
      [
        'r.yaml:14:97: near-payments.features.near.where.category.in: an empty list lets nothing pass: leave it out',
      ],
    ],
    [
      'a filter of a text by numbers',
      ['amountMinor: { atLeast: 20000, atMost: 20500 }', 'category: { atLeast: 3 }'],
      [
        'r.yaml:14:93: unknown key "atLeast"',
        'r.yaml:14:91: near-payments.features.near.where.category: write in or notIn',
      ],
    ],
    [
      'a window for a ratio',
      ['{ ratio: [near, payments] }', '{ ratio: [near, payments], window: 1h }'],
      ['r.yaml:16:51: near-payments.features.portion.window: has no meaning with ratio'],
    ],
    [
      'a ratio of one feature',
      ['{ ratio: [near, payments] }', '{ ratio: [near] }'],
      [
        'r.yaml:16:25: near-payments.features.portion.ratio: write the names of two features, such as [part, whole]',
      ],
    ],
    [
      'a ratio of an unknown feature',
      ['{ ratio: [near, payments] }', '{ ratio: [near, payment] }'],
      [
        'r.yaml:16:32: near-payments.features.portion.ratio.1: no feature is called "payment": there are payments, near, large, portion',
      ],
    ],
    [
      'a ratio of itself',
      ['{ ratio: [near, payments] }', '{ ratio: [near, portion] }'],
      [
        'r.yaml:16:25: near-payments.features.portion.ratio: is worked out from itself: portion → portion',
      ],
    ],
    [
      'ratios of each other',
      [
        '{ ratio: [near, payments] }',
        '{ ratio: [part, payments] }\n      part: { ratio: [near, portion] }',
      ],
      [
        'r.yaml:16:25: near-payments.features.portion.ratio: is worked out from itself: portion → part → portion',
        'r.yaml:17:22: near-payments.features.part.ratio: is worked out from itself: part → portion → part',
      ],
    ],
    [
      "ratios of each other in the file's features",
      ['features:\n', 'features:\n  a: { ratio: [b, payments] }\n  b: { ratio: [payments, a] }\n'],
      [
        'r.yaml:2:15: features.a.ratio: is worked out from itself: a → b → a',
        'r.yaml:3:15: features.b.ratio: is worked out from itself: b → a → b',
      ],
    ],
    [
      'a sequence of one step',
      [
        'steps: [{ on: [account.opened] }, { on: [voucher.redeemed] }]',
        'steps: [{ on: [account.opened] }]',
      ],
      ['r.yaml:32:35: quick-claim.features.chain.sequence.steps: write two steps at least'],
    ],
    [
      'a sequence within no time',
      ['], within: 1h }', '], within: 0s }'],
      [
        'r.yaml:32:99: quick-claim.features.chain.sequence.within: a window is longer than 0 and at most 21d',
      ],
    ],
    [
      'a sequence with types of its own',
      ['within: 1h }, key: accountId }', 'within: 1h }, key: accountId, on: [payment] }'],
      ['r.yaml:32:125: quick-claim.features.chain.on: has no meaning with sequence'],
    ],
    [
      'a sequence that looks back too far',
      ['within: 1h }, key: accountId }', 'within: 1h }, key: accountId, window: 21d }'],
      [
        'r.yaml:32:129: quick-claim.features.chain.window: window and within together are at most 21d',
      ],
    ],
    [
      'an absence afterwards that is never counted',
      [
        'sequence: { steps: [{ on: [account.opened] }, { on: [voucher.redeemed] }], within: 1h }',
        'absence: { of: { on: [payment] }, without: { on: [login] }, within: 1h, side: after }',
      ],
      [
        'r.yaml:32:14: quick-claim.features.chain.window: is missing: what did not come after is counted once its time is over',
      ],
    ],
    [
      'a sequence that the rule never sees complete',
      ['on: [voucher.redeemed]\n    mode', 'on: [payment]\n    mode'],
      [
        'r.yaml:24:9: quick-claim.on: answers only at voucher.redeemed, which the rule does not judge: give chain a window',
      ],
    ],
    [
      'a bucket beyond the longest window',
      ['max: amountMinor', 'bucket: { width: 1d, index: 21 }', ', window: 1h', ''],
      [
        'r.yaml:15:44: near-payments.features.large.bucket.index: the bucket lies more than 21d back',
      ],
    ],
    [
      'a rate over no time',
      ['max: amountMinor', 'rate: { per: 0s }', ', window: 1h', ''],
      [
        'r.yaml:15:29: near-payments.features.large.rate.per: a window is longer than 0 and at most 21d',
      ],
    ],
    [
      'a feature declared twice',
      [
        '    features:\n      near:',
        '    features:\n      payments: { count: true, key: ip, on: [payment], window: 1h }\n      near:',
      ],
      ['r.yaml:14:17: near-payments.features.payments: is declared for the whole file too'],
    ],
    [
      'a feature that nobody reads',
      [' && features.large < 1000000', ''],
      ['r.yaml:15:14: near-payments.features.large: is read by no expression of the rule'],
    ],
    [
      'a feature of the file that nobody reads',
      ['[near, payments]', '[near, large]'],
      ['r.yaml:2:13: features.payments: is read by no rule of the file'],
    ],
    [
      'a parameter that nobody reads',
      ['params.share &&', '0.5 &&'],
      ['r.yaml:12:22: near-payments.params.share: is read by no expression of the rule'],
    ],
  ])('%s', async (_what, changes, problems) => {
    expect(await problemsWith(changes)).toEqual(problems);
  });
});
